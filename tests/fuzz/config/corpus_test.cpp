#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "config_fuzz.h"
#include "gateway/base/random.h"

namespace tidegate {
namespace {

std::vector<std::string> corpus() {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(TIDEGATE_CORPUS)) files.push_back(file.path());
  // The order of a directory differs between machines; that of a seeded run must not.
  std::ranges::sort(files);
  std::vector<std::string> texts;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

/// One to four random edits: a byte changed, a piece cut out, doubled, or taken from another text.
std::string mutated(std::string text, const std::vector<std::string>& texts, SeededRandom& random) {
  constexpr std::string_view kTelling = "{}[]:#&*!|>'\"%@`,?-\n\t ~${\xff\x00";
  for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
    const std::size_t at = random.below(text.size() + 1);
    const std::size_t length = random.below(12);
    switch (random.below(5)) {
      case 0: text.insert(at, 1, kTelling[random.below(kTelling.size())]); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(at, text.substr(at, length)); break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(random.next());
        break;
      default: {
        const std::string& other = texts[random.below(texts.size())];
        text.insert(at, other.substr(random.below(other.size() + 1), 30));
      }
    }
  }
  return text;
}

TEST(ConfigCorpus, EveryTextOfTheCorpusGivesAConfigOrItsErrors) {
  const auto texts = corpus();
  ASSERT_GE(texts.size(), 5u);
  for (const std::string& text : texts) load_any_bytes(text);
}

TEST(ConfigCorpus, NoEditedTextBreaksTheLoader) {
  const auto texts = corpus();
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    load_any_bytes(mutated(texts[random.below(texts.size())], texts, random));
  }
}

}  // namespace
}  // namespace tidegate
