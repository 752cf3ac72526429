#include <gtest/gtest.h>

#include "file_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::file {
namespace {

TEST(FileCorpus, EveryFileOfTheCorpusIsExamined) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 6u);
  for (const std::string& input : inputs) examine_any(input);
}

TEST(FileCorpus, NoEditedFileBreaksTheExamination) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    examine_any(test::mutated(inputs, "\"\n\r\x1f\x8b\x28\xb5", random));
  }
}

}  // namespace
}  // namespace tidegate::file
