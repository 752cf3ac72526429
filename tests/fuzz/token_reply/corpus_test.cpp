#include <gtest/gtest.h>

#include "tests/fuzz/corpus.h"
#include "token_reply_fuzz.h"

namespace tidegate::auth {
namespace {

TEST(TokenReplyCorpus, EveryInputOfTheCorpusIsSurvived) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 8u);
  for (const std::string& input : inputs) read_any_reply(input);
}

TEST(TokenReplyCorpus, NoEditedInputBreaksAPromise) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    read_any_reply(test::mutated(inputs, "{}[]\",:\\eE-+.", random));
  }
}

}  // namespace
}  // namespace tidegate::auth
