#include <gtest/gtest.h>

#include "file_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate::file {
namespace {

TEST(FileCorpus, EveryFileOfTheCorpusIsExamined) { test::run_corpus(TIDEGATE_CORPUS, 6, examine_any); }

TEST(FileCorpus, NoEditedFileBreaksTheExamination) {
  test::run_edits(TIDEGATE_CORPUS, 5'000, "\"\n\r\x1f\x8b\x28\xb5", examine_any);
}

}  // namespace
}  // namespace tidegate::file
