#include <gtest/gtest.h>

#include "aws_batch_reply_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::aws {
namespace {

TEST(AwsBatchReplyCorpus, EveryInputOfTheCorpusIsSurvived) { test::run_corpus(TIDEGATE_CORPUS, 8, judge_any_reply); }

TEST(AwsBatchReplyCorpus, NoEditedInputBreaksAPromise) {
  test::run_edits(TIDEGATE_CORPUS, 50'000, "{}[]\",:\\<>/&;#0", judge_any_reply);
}

}  // namespace
}  // namespace tidegate::aws
