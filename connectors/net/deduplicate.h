#pragma once

#include <cstdint>

#include "gateway/base/clock.h"
#include "gateway/config/option_table.h"

namespace tidegate {

/// For how long, and for how many events, a source remembers ids (connectors/net/repeats.h). Initialisers are the
/// defaults.
struct DeduplicateOptions {
  milliseconds window{600'000};  ///< 0: off
  std::uint32_t max_ids = 100'000;
};

const OptionTableOf<DeduplicateOptions>& deduplicate_table();

}  // namespace tidegate
