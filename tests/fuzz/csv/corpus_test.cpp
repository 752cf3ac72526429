#include <gtest/gtest.h>

#include "csv_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::directory {
namespace {

TEST(CsvCorpus, EveryFileOfTheCorpusIsRead) { test::run_corpus(TIDEGATE_CORPUS, 8, read_any_file); }

TEST(CsvCorpus, NoEditedFileBreaksTheReading) {
  test::run_edits(TIDEGATE_CORPUS, 50'000, "\",;\r\n[]{}#", read_any_file);
}

}  // namespace
}  // namespace tidegate::directory
