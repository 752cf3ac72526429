#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/event/event.h"
#include "gateway/routing/topic_filter.h"

/// Sending stored events again: copies go to the end of the log, for the lanes of one route
/// (docs/decisions/0023-a-replay-copies.md).
namespace tidegate {

/// The attribute of a copy: the number of the replay that made it.
inline constexpr std::string_view kReplayAttribute = "tidegatereplay";

/// The detail of a replay that waits because the spool is full.
inline constexpr const char* kWaitsForRoom = "room in the spool";

/// Which events a replay sends again, where to, and how fast.
struct ReplayRequest {
  std::string route;
  std::string sink;               ///< of that route; empty: all of them
  WallTime since{};               ///< when the gateway stored an event, as of `until`
  std::optional<WallTime> until;  ///< included
  std::string where;              ///< an event pattern, JSON; empty: every event that the route wants
  std::uint64_t rate = 0;         ///< copies a second; 0: as fast as the lanes deliver
  bool dry_run = false;           ///< only counts
};

/// How far a replay is.
struct ReplayReport {
  enum class State : std::uint8_t {
    running,
    waiting,  ///< for a lane, for room, for the rate; `detail` says for what
    done,
    cancelled,
    failed,  ///< `detail` says why
  };
  std::uint64_t number = 0;
  ReplayRequest request;
  State state = State::running;
  std::string detail;
  std::uint64_t copied = 0;            ///< events; of a dry run: that would be
  std::uint64_t pending = 0;           ///< left out: a lane has yet to deliver the event itself
  std::uint64_t expired = 0;           ///< left out: older than the sink's max_age
  std::uint64_t unreadable = 0;        ///< events in damaged blocks
  double share = 0;                    ///< of the log that has been looked at, 0 to 1
  std::optional<WallTime> log_begins;  ///< set when that is later than `since`: what came before is no longer kept

  [[nodiscard]] bool finished() const noexcept { return state >= State::done; }
};

/// "running", "waiting", ...: part of the API.
std::string_view name_of(ReplayReport::State state) noexcept;

/// A lane as a replay needs to know it.
struct ReplayLane {
  LaneId id;
  std::string name;  ///< "route/sink"
  std::string sink;
  milliseconds max_age{0};  ///< of the sink; 0: none
};

/// A route as a replay needs to know it.
struct ReplayRoute {
  std::string name;
  TopicFilter topic;
  /// Whether the route wants an event as the config has it now. The source is 0 when it is not known.
  std::function<bool(const Event&, SourceId)> wants;
  std::vector<ReplayLane> lanes;
};

}  // namespace tidegate
