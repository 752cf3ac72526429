#include <gtest/gtest.h>

#include "listener_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::mqtt_listener {
namespace {

TEST(ListenerCorpus, EveryInputOfTheCorpusIsSurvived) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 8u);
  for (const std::string& input : inputs) happen(input);
}

TEST(ListenerCorpus, NoEditedInputBreaksTheListener) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    happen(test::mutated(inputs, {}, random));
  }
}

}  // namespace
}  // namespace tidegate::mqtt_listener
