#include <gtest/gtest.h>

#include "aws_batch_reply_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::aws {
namespace {

TEST(AwsBatchReplyCorpus, EveryInputOfTheCorpusIsSurvived) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 8u);
  for (const std::string& input : inputs) judge_any_reply(input);
}

TEST(AwsBatchReplyCorpus, NoEditedInputBreaksAPromise) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    judge_any_reply(test::mutated(inputs, "{}[]\",:\\<>/&;#0", random));
  }
}

}  // namespace
}  // namespace tidegate::aws
