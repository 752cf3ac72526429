#include <gtest/gtest.h>

#include "http_source_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::ingest {
namespace {

TEST(HttpSourceCorpus, EveryInputOfTheCorpusIsSurvived) { test::run_corpus(TIDEGATE_CORPUS, 8, receive_any_bytes); }

TEST(HttpSourceCorpus, NoEditedInputBreaksALimitOrDependsOnItsCut) {
  test::run_edits(TIDEGATE_CORPUS, 50'000, "{}[]\",:\r\n%\\", receive_any_bytes);
}

}  // namespace
}  // namespace tidegate::ingest
