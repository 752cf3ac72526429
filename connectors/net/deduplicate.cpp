#include "connectors/net/deduplicate.h"

namespace tidegate {

using namespace std::chrono_literals;

const OptionTableOf<DeduplicateOptions>& deduplicate_table() {
  static const auto table =
      OptionTableOf<DeduplicateOptions>(
          "An event whose source and id were seen before is acknowledged and not stored "
          "again. Remembered across restarts.")
          .option("window", &DeduplicateOptions::window, "How long ids are remembered; `0s`: not at all.",
                  between(0ms, 7 * 24h))
          .option("max_ids", &DeduplicateOptions::max_ids, "How many are remembered at most; the oldest go first.",
                  between(1u, 10'000'000u));
  return table;
}

}  // namespace tidegate
