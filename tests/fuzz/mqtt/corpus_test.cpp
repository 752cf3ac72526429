#include <gtest/gtest.h>

#include "mqtt_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::mqtt {
namespace {

TEST(MqttCorpus, EveryInputOfTheCorpusIsSurvived) { test::run_corpus(TIDEGATE_CORPUS, 8, receive_any_bytes); }

TEST(MqttCorpus, NoEditedInputBreaksTheSession) { test::run_edits(TIDEGATE_CORPUS, 50'000, {}, receive_any_bytes); }

}  // namespace
}  // namespace tidegate::mqtt
