#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/base/health.h"
#include "gateway/base/ids.h"
#include "gateway/base/metrics.h"
#include "gateway/base/random.h"
#include "gateway/delivery/options.h"
#include "gateway/delivery/shaper.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// The gauge in which a lane shows the age of the oldest event it has to deliver; labels: route, sink.
inline constexpr std::string_view kLaneOldestMetric = "tidegate_lane_oldest_pending_seconds";

/// What a lane is made of. References outlive it.
struct LaneSetup {
  LaneId id;
  std::string name;         ///< "route/sink"
  std::string route, sink;  ///< metric labels
  /// A shaper that remembers nothing yet: for the start, and when what the sink held is lost.
  std::function<std::unique_ptr<Shaper>()> make_shaper;
  DeliveryOptions options;
  std::unique_ptr<Sink> sink_connector;
  Spool& spool;
  const Clock& clock;
  Health& health;
  Metrics& metrics;
  std::uint64_t seed = 0;  ///< of its jitter
};

/// One route feeding one sink: a worker thread around a pure scheduler (scheduler.h).
class Lane {
 public:
  static std::unique_ptr<Lane> create(LaneSetup setup);
  virtual ~Lane() = default;

  /// Starts the worker. A peer that is down is a state.
  virtual void start() = 0;
  /// Starts nothing new, waits for what is in flight until the deadline, settles what ended, closes the sink, joins.
  /// What is cut short stays pending and is sent again, under the same ids, after the next start. Idempotent.
  virtual void stop(Deadline deadline) = 0;
  /// Ends a pause (refused credential) or a park (410). *Threads*: safe from any.
  virtual void resume() = 0;
  /// When the worker will have come round again, however busy; past that it is stuck in its sink or in the spool.
  /// *Threads*: safe from any.
  [[nodiscard]] virtual SteadyTime due_back() const noexcept = 0;
};

}  // namespace tidegate
