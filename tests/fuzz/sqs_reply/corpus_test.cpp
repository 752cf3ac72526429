#include <gtest/gtest.h>

#include "sqs_reply_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::aws_sqs {
namespace {

TEST(SqsReplyCorpus, EveryInputOfTheCorpusIsSurvived) { test::run_corpus(TIDEGATE_CORPUS, 7, read_any_reply); }

TEST(SqsReplyCorpus, NoEditedInputBreaksAPromise) {
  test::run_edits(TIDEGATE_CORPUS, 50'000, "{}[]\",:\\u0", read_any_reply);
}

}  // namespace
}  // namespace tidegate::aws_sqs
