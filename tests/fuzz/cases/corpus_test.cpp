#include <gtest/gtest.h>

#include "cases_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "{}[]:#&*!|>'\"%@`,?-\n\t ~${\xff\x00"sv;

TEST(CasesCorpus, EveryTextOfTheCorpusGivesCasesOrTheirErrors) { test::run_corpus(TIDEGATE_CORPUS, 5, load_any_cases); }

TEST(CasesCorpus, NoEditedTextBreaksTheLoader) { test::run_edits(TIDEGATE_CORPUS, 10'000, kTelling, load_any_cases); }

}  // namespace
}  // namespace tidegate
