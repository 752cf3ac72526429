#include <gtest/gtest.h>

#include "tests/fuzz/corpus.h"
#include "token_reply_fuzz.h"

namespace tidegate::auth {
namespace {

TEST(TokenReplyCorpus, EveryInputOfTheCorpusIsSurvived) { test::run_corpus(TIDEGATE_CORPUS, 8, read_any_reply); }

TEST(TokenReplyCorpus, NoEditedInputBreaksAPromise) {
  test::run_edits(TIDEGATE_CORPUS, 50'000, "{}[]\",:\\eE-+.", read_any_reply);
}

}  // namespace
}  // namespace tidegate::auth
