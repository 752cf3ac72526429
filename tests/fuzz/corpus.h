#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/random.h"

namespace tidegate::test {

/// The files of a folder, in the order of their names: that of a directory differs between machines, and a seeded run's
/// must not.
inline std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) files.push_back(file.path());
  std::ranges::sort(files);
  std::vector<std::string> inputs;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return inputs;
}

/// One of the inputs with one to four random edits: a byte put in or changed, a piece cut out, doubled, or taken from
/// another input. `telling`: the bytes that mean something in the format, put in more often than others.
inline std::string mutated(const std::vector<std::string>& inputs, std::string_view telling, SeededRandom& random) {
  std::string bytes = inputs[random.below(inputs.size())];
  for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
    const std::size_t at = random.below(bytes.size() + 1);
    switch (random.below(6)) {
      case 0: bytes.insert(at, 1, static_cast<char>(random.next())); break;
      case 1:
        if (!telling.empty()) bytes.insert(at, 1, telling[random.below(telling.size())]);
        break;
      case 2: bytes.erase(at, random.below(12)); break;
      case 3: bytes.insert(at, bytes.substr(at, random.below(40))); break;
      case 4:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ 1 << random.below(8));
        break;
      default: {
        const std::string& other = inputs[random.below(inputs.size())];
        bytes.insert(at, other.substr(random.below(other.size() + 1), 30));
      }
    }
  }
  return bytes;
}

/// Gives every input of the corpus, of which there must be `least`, to a fuzz target.
inline void run_corpus(const std::filesystem::path& folder, std::size_t least, void (*target)(std::string_view)) {
  const auto inputs = read_corpus(folder);
  ASSERT_GE(inputs.size(), least);
  for (const std::string& input : inputs) target(input);
}

/// Gives it so many edited inputs, each by a seed that a failure names.
inline void run_edits(const std::filesystem::path& folder, std::uint64_t count, std::string_view telling,
                      void (*target)(std::string_view)) {
  const auto inputs = read_corpus(folder);
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    target(mutated(inputs, telling, random));
  }
}

}  // namespace tidegate::test
