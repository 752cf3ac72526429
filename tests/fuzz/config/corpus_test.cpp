#include <gtest/gtest.h>

#include "config_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "{}[]:#&*!|>'\"%@`,?-\n\t ~${\xff\x00"sv;

TEST(ConfigCorpus, EveryTextOfTheCorpusGivesAConfigOrItsErrors) {
  test::run_corpus(TIDEGATE_CORPUS, 5, load_any_bytes);
}

TEST(ConfigCorpus, NoEditedTextBreaksTheLoader) { test::run_edits(TIDEGATE_CORPUS, 20'000, kTelling, load_any_bytes); }

}  // namespace
}  // namespace tidegate
