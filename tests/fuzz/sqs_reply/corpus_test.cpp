#include <gtest/gtest.h>

#include "sqs_reply_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::aws_sqs {
namespace {

TEST(SqsReplyCorpus, EveryInputOfTheCorpusIsSurvived) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 7u);
  for (const std::string& input : inputs) read_any_reply(input);
}

TEST(SqsReplyCorpus, NoEditedInputBreaksAPromise) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    read_any_reply(test::mutated(inputs, "{}[]\",:\\u0", random));
  }
}

}  // namespace
}  // namespace tidegate::aws_sqs
