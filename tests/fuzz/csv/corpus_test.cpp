#include <gtest/gtest.h>

#include "csv_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::directory {
namespace {

TEST(CsvCorpus, EveryFileOfTheCorpusIsRead) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(inputs.size(), 8u);
  for (const std::string& input : inputs) read_any_file(input);
}

TEST(CsvCorpus, NoEditedFileBreaksTheReading) {
  const auto inputs = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 50'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    read_any_file(test::mutated(inputs, "\",;\r\n[]{}#", random));
  }
}

}  // namespace
}  // namespace tidegate::directory
