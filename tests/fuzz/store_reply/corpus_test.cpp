#include <gtest/gtest.h>

#include "store_reply_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::stores {
namespace {

TEST(StoreReplyCorpus, EveryAnswerOfTheCorpusIsJudged) { test::run_corpus(TIDEGATE_CORPUS, 8, judge_any); }

TEST(StoreReplyCorpus, NoEditedAnswerBreaksTheJudgement) {
  test::run_edits(TIDEGATE_CORPUS, 50'000, "{}[]\",:0", judge_any);
}

}  // namespace
}  // namespace tidegate::stores
