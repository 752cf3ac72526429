#include <gtest/gtest.h>

#include "patterns_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

TEST(PatternsCorpus, EveryFileOfTheCorpusIsMatched) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 8u);
  for (const std::string& input : inputs) match_any_patterns(input);
}

TEST(PatternsCorpus, OfNoEditedFileMatcherAndEvaluatorDiffer) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    match_any_patterns(test::mutated(inputs, "\"{}[]:,*\\.01ae-", random));
  }
}

}  // namespace
}  // namespace tidegate
