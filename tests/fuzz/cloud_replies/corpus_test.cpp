#include <gtest/gtest.h>

#include "cloud_replies_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::testing {
namespace {

TEST(CloudRepliesCorpus, EveryInputOfTheCorpusIsSurvived) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 10u);
  for (const std::string& input : inputs) judge_any_reply(input);
}

TEST(CloudRepliesCorpus, NoEditedInputBreaksAPromise) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    judge_any_reply(test::mutated(inputs, "{}[]\",:<>/&;\\", random));
  }
}

}  // namespace
}  // namespace tidegate::testing
