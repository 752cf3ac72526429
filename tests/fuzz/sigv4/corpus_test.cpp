#include <gtest/gtest.h>

#include "sigv4_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "/.%?&=+;:, \t\n~2Ff\xe1\x00"sv;

TEST(SigV4Corpus, EveryRequestOfTheCorpusIsSigned) { test::run_corpus(TIDEGATE_CORPUS, 6, sign_any_request); }

TEST(SigV4Corpus, NoEditedRequestContradictsItself) {
  test::run_edits(TIDEGATE_CORPUS, 10'000, kTelling, sign_any_request);
}

}  // namespace
}  // namespace tidegate
