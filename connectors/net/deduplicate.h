#pragma once

#include <chrono>
#include <cstdint>

#include "gateway/base/clock.h"
#include "gateway/config/option_table.h"

namespace tidegate {

/// For how long, and for how many events, a source remembers ids (connectors/net/repeats.h). Initialisers are the
/// defaults; a struct that derives from this may have others.
struct DeduplicateOptions {
  milliseconds window{600'000};  ///< 0: off
  std::uint32_t max_ids = 100'000;
};

/// The options of DeduplicateOptions, or of a struct that derives from it.
template <class S>
OptionTableOf<S> deduplicate_table() {
  using namespace std::chrono_literals;
  OptionTableOf<S> table(
      "An event whose source and id were seen before is acknowledged and not stored again. Remembered across "
      "restarts.");
  table
      .option("window", static_cast<milliseconds S::*>(&S::window), "How long ids are remembered; `0s`: not at all.",
              between(0ms, 7 * 24h))
      .option("max_ids", static_cast<std::uint32_t S::*>(&S::max_ids),
              "How many are remembered at most; the oldest go first.", between(1u, 10'000'000u));
  return table;
}

}  // namespace tidegate
