#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/spool/spool.h"

namespace tidegate {

/// A submission on its way to the committer: its events already in the form in which a block holds them, so that the
/// committer only copies, and the events' own memory is free again.
struct PendingAppend {
  SourceId source;
  std::string records;                     ///< each record with its length in front
  std::vector<std::uint16_t> lane_counts;  ///< per record: how many of `lanes` are its own
  std::vector<LaneId> lanes;               ///< of all records, one after the other
  std::vector<SourceStateChange> state;
  std::uint32_t repeats = 0;
  bool yields = false;    ///< see SpoolSubmission
  bool invalid = false;   ///< breaks a limit; holds nothing
  std::size_t bytes = 0;  ///< of memory, about
  Receipt receipt;
};

/// Serialises a submission. `bytes_max`: what the spool could hold if it were empty.
PendingAppend make_pending(SpoolSubmission submission, Receipt receipt, std::uint64_t bytes_max);

struct PendingSettlement {
  Settlement settlement;  ///< without `emitted`; `delivered` ascends, each once
  PendingAppend emitted;
  UniqueFunction<void(Status)> done;
};

/// Serialises what the lane emitted. `window` is the source that it comes from.
PendingSettlement make_pending(Settlement settlement, SourceId window, UniqueFunction<void(Status)> done);

}  // namespace tidegate
