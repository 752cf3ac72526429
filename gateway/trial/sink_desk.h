#pragma once

#include <memory>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/base/health.h"
#include "gateway/base/metrics.h"
#include "gateway/base/random.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/delivery/shaper.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// What the spool's internal sources are called in a trial; no source of a config has such a number.
inline constexpr InternalSources kTrialSources{SourceId{0xfffffffd}, SourceId{0xfffffffe}, SourceId{0xffffffff}};

/// Asks the connectors of a config what they would do, without a peer, and makes the shapers of its lanes.
class SinkDesk {
 public:
  /// The config outlives it.
  explicit SinkDesk(const Config& config) : config_(config) {}

  /// How much the sink takes at once. *Errors*: as the connector's make_sink.
  Result<SinkLimits> limits(const RouteConfig& route, const SinkConfig& sink);
  /// What the peer would get. *Errors*: invalid, when the sink cannot send the event as it is.
  Result<Preview> preview(const RouteConfig& route, const SinkConfig& sink, const OutEvent& event);
  /// What the lane makes of events, with nothing remembered.
  Result<std::unique_ptr<Shaper>> shaper(const RouteConfig& route, const SinkConfig& sink, LaneId lane);

 private:
  ConnectorContext context_for(const RouteConfig& route, const SinkConfig& sink);

  const Config& config_;
  const SystemClock clock_;  // connectors want one; nothing here depends on it
  Health health_{clock_};
  Metrics metrics_;
  SeededRandom random_{1};
};

}  // namespace tidegate
