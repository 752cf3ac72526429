#include <gtest/gtest.h>

#include "cases_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "{}[]:#&*!|>'\"%@`,?-\n\t ~${\xff\x00"sv;

TEST(CasesCorpus, EveryTextOfTheCorpusGivesCasesOrTheirErrors) {
  const auto texts = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(texts.size(), 5u);
  for (const std::string& text : texts) load_any_cases(text);
}

TEST(CasesCorpus, NoEditedTextBreaksTheLoader) {
  const auto texts = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    load_any_cases(test::mutated(texts, kTelling, random));
  }
}

}  // namespace
}  // namespace tidegate
