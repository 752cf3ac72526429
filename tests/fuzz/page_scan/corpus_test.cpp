#include <gtest/gtest.h>

#include "page_scan_fuzz.h"
#include "tests/fuzz/corpus.h"

namespace tidegate {
namespace {

using namespace std::string_view_literals;

/// The types of pages, and the serial types and lengths at which something changes.
constexpr auto kTelling = "\x02\x05\x0a\x0d\x00\x01\x07\x0b\x7f\x80\xff"sv;

TEST(PageScanCorpus, EveryFileOfTheCorpusIsSurvived) { test::run_corpus(TIDEGATE_CORPUS, 3, scan_any_bytes); }

TEST(PageScanCorpus, NoEditedFileBreaksTheScan) { test::run_edits(TIDEGATE_CORPUS, 20'000, kTelling, scan_any_bytes); }

TEST(PageScanCorpus, NoBytesWrittenIntoAPageBreakTheScan) {
  const auto files = test::read_corpus(TIDEGATE_CORPUS);
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    std::string bytes = files[random.below(files.size())];
    // The edits of mutated() move what comes after them; headers and pointers stay where they count only here.
    for (std::uint64_t edits = 1 + random.below(8); edits > 0; --edits) {
      const std::size_t page = random.below(bytes.size() / 4096) * 4096;
      const std::size_t at = page + random.below(random.below(2) == 0 ? 32 : 4096);
      bytes[at] = random.below(2) == 0 ? kTelling[random.below(kTelling.size())] : static_cast<char>(random.next());
    }
    scan_any_bytes(bytes);
  }
}

}  // namespace
}  // namespace tidegate
