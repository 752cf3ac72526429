#include <gtest/gtest.h>

#include "patterns_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

TEST(PatternsCorpus, EveryFileOfTheCorpusIsMatched) { test::run_corpus(TIDEGATE_CORPUS, 8, match_any_patterns); }

TEST(PatternsCorpus, OfNoEditedFileMatcherAndEvaluatorDiffer) {
  test::run_edits(TIDEGATE_CORPUS, 20'000, "\"{}[]:,*\\.01ae-", match_any_patterns);
}

}  // namespace
}  // namespace tidegate
