#include <gtest/gtest.h>

#include "mqtt_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::mqtt {
namespace {

TEST(MqttCorpus, EveryInputOfTheCorpusIsSurvived) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 8u);
  for (const std::string& input : inputs) receive_any_bytes(input);
}

TEST(MqttCorpus, NoEditedInputBreaksTheSession) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    receive_any_bytes(test::mutated(inputs, {}, random));
  }
}

}  // namespace
}  // namespace tidegate::mqtt
