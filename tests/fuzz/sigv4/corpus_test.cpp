#include <gtest/gtest.h>

#include "sigv4_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

constexpr auto kTelling = "/.%?&=+;:, \t\n~2Ff\xe1\x00"sv;

TEST(SigV4Corpus, EveryRequestOfTheCorpusIsSigned) {
  const auto requests = test::read_corpus(TIDEGATE_CORPUS);
  ASSERT_GE(requests.size(), 6u);
  for (const std::string& request : requests) sign_any_request(request);
}

TEST(SigV4Corpus, NoEditedRequestContradictsItself) {
  const auto requests = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    sign_any_request(test::mutated(requests, kTelling, random));
  }
}

}  // namespace
}  // namespace tidegate
