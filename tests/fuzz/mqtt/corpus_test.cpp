#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gateway/base/random.h"
#include "mqtt_fuzz.h"

namespace tidegate::mqtt {
namespace {

std::vector<std::string> corpus() {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(TIDEGATE_CORPUS)) files.push_back(file.path());
  // The order of a directory differs between machines; that of a seeded run must not.
  std::ranges::sort(files);
  std::vector<std::string> inputs;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    inputs.push_back(bytes.str());
  }
  return inputs;
}

/// One to four random edits: a byte changed, a piece cut out, doubled, or taken from another input.
std::string mutated(std::string bytes, const std::vector<std::string>& inputs, SeededRandom& random) {
  for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
    const std::size_t at = random.below(bytes.size() + 1);
    switch (random.below(5)) {
      case 0: bytes.insert(at, 1, static_cast<char>(random.next())); break;
      case 1: bytes.erase(at, random.below(6)); break;
      case 2: bytes.insert(at, bytes.substr(at, random.below(40))); break;
      case 3:
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

TEST(MqttCorpus, EveryInputOfTheCorpusIsSurvived) {
  const auto inputs = corpus();
  ASSERT_GE(inputs.size(), 8u);
  for (const std::string& input : inputs) receive_any_bytes(input);
}

TEST(MqttCorpus, NoEditedInputBreaksTheSession) {
  const auto inputs = corpus();
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    receive_any_bytes(mutated(inputs[random.below(inputs.size())], inputs, random));
  }
}

}  // namespace
}  // namespace tidegate::mqtt
