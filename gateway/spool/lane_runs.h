#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/ids.h"

namespace tidegate {

/// Which events of a block one lane wants: runs of neighbours, by index in the block.
struct LaneRuns {
  struct Run {
    std::uint32_t first;
    std::uint32_t size;
  };
  LaneId lane;
  std::uint32_t events = 0;
  std::vector<Run> runs;

  [[nodiscard]] bool contains(std::uint64_t index) const noexcept;
  [[nodiscard]] std::uint32_t last_index() const noexcept { return runs.back().first + runs.back().size - 1; }
};

/// The lanes of one block with their events; the table by which a reader skips and the books are counted again.
class BlockLanes {
 public:
  /// The event at `index` (ascending from call to call) is wanted by `lane`.
  void add(LaneId lane, std::uint32_t index);
  void clear();
  [[nodiscard]] bool empty() const noexcept { return lanes_.empty(); }
  [[nodiscard]] const std::vector<LaneRuns>& lanes() const noexcept { return lanes_; }
  [[nodiscard]] const LaneRuns* find(LaneId lane) const noexcept;

  /// Ends in a checksum that also covers `head`: the bytes of the rest of the block's head.
  /// *Source*: FORMAT.md, "Lane runs".
  [[nodiscard]] std::string encode(std::string_view head) const;
  /// False when the bytes are not what encode() wrote for this head, of a block of `count` events.
  [[nodiscard]] static bool decode(std::string_view bytes, std::string_view head, std::uint32_t count, BlockLanes& out);

 private:
  std::vector<LaneRuns> lanes_;
};

}  // namespace tidegate
