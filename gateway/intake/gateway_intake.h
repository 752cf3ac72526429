#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/base/mutex.h"
#include "gateway/base/random.h"
#include "gateway/base/result.h"
#include "gateway/base/uuid.h"
#include "gateway/event/event.h"
#include "gateway/intake/intake.h"
#include "gateway/intake/taps.h"
#include "gateway/routing/route_table.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// A source as the intake needs to know it.
struct IntakeSource {
  SourceId id;
  std::string name;       ///< the key in the config
  std::string connector;  ///< "mqtt"; gives the default event type
};

/// What an intake is made of. References outlive it.
struct IntakeSetup {
  std::string gateway_id;
  std::vector<IntakeSource> sources;
  RouteTable routes;
  Spool& spool;
  const Clock& clock;
  Random& random;  ///< the intake's own
  Metrics& metrics;
  Taps& taps;
};

/// The way in: checks limits, completes events, matches them with the routes and queues them for the next commit.
/// An event that has been at this gateway before (gateway/event/hops.h) goes to no lane, and counts as filtered.
/// *Threads*: safe from any. Does not block.
class GatewayIntake final : public Intake {
 public:
  explicit GatewayIntake(IntakeSetup setup);

  void admit(SourceId source, Submission submission, Receipt receipt) override;
  std::vector<std::pair<std::string, std::string>> source_state(SourceId source, const std::string& prefix) override;

 private:
  /// What is the same for every event of one source.
  struct Origin {
    std::string source;  ///< "/<gateway id>/<source name>"
    std::string type;    ///< "tidegate.<connector>.message"
    Counter* invalid;
    Counter* loops;
    Log log;
    std::optional<SteadyTime> loops_logged;  ///< under mutex_
  };

  /// Gives the events their ids, and the caller room for matching them; take it back with give_back().
  RouteTable::Scratch prepare(std::vector<Event>& events, WallTime now) EXCLUDES(mutex_);
  void give_back(RouteTable::Scratch scratch) EXCLUDES(mutex_);
  void report_loops(Origin& origin, std::uint64_t count) EXCLUDES(mutex_);
  void refuse(SourceId source, Receipt receipt);

  const std::string gateway_id_;
  const RouteTable routes_;
  Spool& spool_;
  const Clock& clock_;
  Taps& taps_;
  std::unordered_map<SourceId, Origin> origins_;
  Mutex mutex_;
  UuidV7 ids_ GUARDED_BY(mutex_);
  std::vector<RouteTable::Scratch> idle_ GUARDED_BY(mutex_);  ///< as many as threads were ever here at once
};

}  // namespace tidegate
