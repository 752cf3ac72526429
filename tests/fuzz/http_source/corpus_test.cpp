#include <gtest/gtest.h>

#include "http_source_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::ingest {
namespace {

TEST(HttpSourceCorpus, EveryInputOfTheCorpusIsSurvived) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 8u);
  for (const std::string& input : inputs) receive_any_bytes(input);
}

TEST(HttpSourceCorpus, NoEditedInputBreaksALimitOrDependsOnItsCut) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    receive_any_bytes(test::mutated(inputs, "{}[]\",:\r\n%\\", random));
  }
}

}  // namespace
}  // namespace tidegate::ingest
