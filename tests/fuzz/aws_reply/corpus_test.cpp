#include <gtest/gtest.h>

#include "aws_reply_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "{}[]\"\\:,<>/&;=# \r\n\t'\xc3\x00"sv;

TEST(AwsReplyCorpus, EveryAnswerOfTheCorpusIsReadOrRefused) { test::run_corpus(TIDEGATE_CORPUS, 7, read_any_answer); }

TEST(AwsReplyCorpus, NoEditedAnswerGetsAnythingUnfitOut) {
  test::run_edits(TIDEGATE_CORPUS, 20'000, kTelling, read_any_answer);
}

}  // namespace
}  // namespace tidegate
