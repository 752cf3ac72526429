#include <gtest/gtest.h>

#include "templates_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "${}[]\".?:,\\ \n%YmdHMSz0123456789\xff\x00"sv;

TEST(TemplatesCorpus, EveryTextOfTheCorpusIsFilledOrRefused) {
  const auto texts = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(texts.size(), 5u);
  for (const std::string& text : texts) fill_any_template(text);
}

TEST(TemplatesCorpus, NoEditedTextBreaksATemplate) {
  const auto texts = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    fill_any_template(test::mutated(texts, kTelling, random));
  }
}

}  // namespace
}  // namespace tidegate
