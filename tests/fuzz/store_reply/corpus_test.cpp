#include <gtest/gtest.h>

#include "store_reply_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::stores {
namespace {

TEST(StoreReplyCorpus, EveryAnswerOfTheCorpusIsJudged) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 8u);
  for (const std::string& input : inputs) judge_any(input);
}

TEST(StoreReplyCorpus, NoEditedAnswerBreaksTheJudgement) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    judge_any(test::mutated(inputs, "{}[]\",:0", random));
  }
}

}  // namespace
}  // namespace tidegate::stores
