#include <gtest/gtest.h>

#include "templates_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "${}[]\".?:,\\ \n%YmdHMSz0123456789\xff\x00"sv;

TEST(TemplatesCorpus, EveryTextOfTheCorpusIsFilledOrRefused) {
  test::run_corpus(TIDEGATE_CORPUS, 5, fill_any_template);
}

TEST(TemplatesCorpus, NoEditedTextBreaksATemplate) {
  test::run_edits(TIDEGATE_CORPUS, 20'000, kTelling, fill_any_template);
}

}  // namespace
}  // namespace tidegate
