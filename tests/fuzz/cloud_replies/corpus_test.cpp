#include <gtest/gtest.h>

#include "cloud_replies_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::testing {
namespace {

TEST(CloudRepliesCorpus, EveryInputOfTheCorpusIsSurvived) { test::run_corpus(TIDEGATE_CORPUS, 10, judge_any_reply); }

TEST(CloudRepliesCorpus, NoEditedInputBreaksAPromise) {
  test::run_edits(TIDEGATE_CORPUS, 50'000, "{}[]\",:<>/&;\\", judge_any_reply);
}

}  // namespace
}  // namespace tidegate::testing
