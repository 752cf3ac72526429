#include <gtest/gtest.h>

#include "aws_reply_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "{}[]\"\\:,<>/&;=# \r\n\t'\xc3\x00"sv;

TEST(AwsReplyCorpus, EveryAnswerOfTheCorpusIsReadOrRefused) {
  const auto answers = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(answers.size(), 7u);
  for (const std::string& answer : answers) read_any_answer(answer);
}

TEST(AwsReplyCorpus, NoEditedAnswerGetsAnythingUnfitOut) {
  const auto answers = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    read_any_answer(test::mutated(answers, kTelling, random));
  }
}

}  // namespace
}  // namespace tidegate
