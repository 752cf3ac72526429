#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/mutex.h"
#include "gateway/base/result.h"
#include "gateway/event/event.h"
#include "gateway/routing/event_pattern.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// Which events a tap shows.
struct TapRequest {
  std::string route;  ///< empty: all events, those that no route wants too
  /// Only events that match. Captures are those of the route; without one there are none.
  std::optional<EventPattern> where = {};
};

/// An event as a tap saw it go by.
struct Tapped {
  Event event;
  std::vector<std::string> routes;  ///< that want it, in the order of the config
};

/// What came since the poll before.
struct TapBatch {
  std::vector<Tapped> events;
  std::uint64_t missed = 0;  ///< events that went by unseen because too much had come since the poll before
};

/// Windows on the events that come in, for people who want to see them: each holds a bounded number of copies until
/// its client polls. An event shows when it was matched with the routes, which is before it is on disk.
/// *Threads*: safe from any. Does not block.
class Taps {
 public:
  struct Route {
    std::string name;
    TopicFilter topic;
    std::vector<LaneId> lanes;
  };
  Taps(std::vector<Route> routes, const Clock& clock) : routes_(std::move(routes)), clock_(clock) {}

  /// Whether offer() would do anything; costs next to nothing.
  [[nodiscard]] bool any() const noexcept { return any_.load(std::memory_order_relaxed); }
  /// Events that were matched. Copies those that a tap wants and has room for.
  void offer(std::span<const Routed> events) EXCLUDES(mutex_);

  /// The new tap's number. *Errors*: not_found (no such route, naming those there are), full (too many taps).
  Result<std::uint64_t> open(const TapRequest& request) EXCLUDES(mutex_);
  /// *Errors*: not_found: never opened, closed, or nobody had asked for limits::kTapExpiry.
  Result<TapBatch> poll(std::uint64_t tap) EXCLUDES(mutex_);
  Status close(std::uint64_t tap) EXCLUDES(mutex_);

 private:
  struct Tap {
    const Route* route = nullptr;  ///< null: all
    std::optional<EventPattern> where;
    TapBatch batch;
    std::size_t bytes = 0;
    std::size_t looks = 0;
    std::size_t matched_bytes = 0;  ///< of payloads that the pattern was tried on
    SteadyTime polled_at;
  };

  void look(Tap& tap, const Routed& routed) const;
  [[nodiscard]] static bool matches(Tap& tap, const Routed& routed);
  [[nodiscard]] std::vector<std::string> wanted_by(const Tap& tap, const Routed& routed) const;
  void close_forgotten(SteadyTime now) REQUIRES(mutex_);

  const std::vector<Route> routes_;
  const Clock& clock_;
  std::atomic<bool> any_{false};
  Mutex mutex_;
  std::map<std::uint64_t, Tap> taps_ GUARDED_BY(mutex_);
  std::uint64_t last_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tidegate
