#include <gtest/gtest.h>

#include "config_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "{}[]:#&*!|>'\"%@`,?-\n\t ~${\xff\x00"sv;

TEST(ConfigCorpus, EveryTextOfTheCorpusGivesAConfigOrItsErrors) {
  const auto texts = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(texts.size(), 5u);
  for (const std::string& text : texts) load_any_bytes(text);
}

TEST(ConfigCorpus, NoEditedTextBreaksTheLoader) {
  const auto texts = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    load_any_bytes(test::mutated(texts, kTelling, random));
  }
}

}  // namespace
}  // namespace tidegate
