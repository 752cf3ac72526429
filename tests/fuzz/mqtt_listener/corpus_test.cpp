#include <gtest/gtest.h>

#include "listener_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::mqtt_listener {
namespace {

TEST(ListenerCorpus, EveryInputOfTheCorpusIsSurvived) { test::run_corpus(TIDEGATE_CORPUS, 8, happen); }

TEST(ListenerCorpus, NoEditedInputBreaksTheListener) { test::run_edits(TIDEGATE_CORPUS, 50'000, {}, happen); }

}  // namespace
}  // namespace tidegate::mqtt_listener
