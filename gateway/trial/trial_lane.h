#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/base/random.h"
#include "gateway/config/config.h"
#include "gateway/delivery/scheduler.h"
#include "gateway/delivery/shaper.h"
#include "gateway/trial/peer.h"

namespace tidegate {

/// What a lane is made of. References outlive it.
struct TrialLaneSetup {
  LaneId id;
  const RouteConfig& route;
  const SinkConfig& sink;
  SinkLimits limits;
  std::unique_ptr<Shaper> shaper;
  const std::vector<ScriptStep>& script;
  std::uint64_t seed;
  /// The position in the log of an event that the lane adds to it.
  std::function<Seq()> next_seq;
};

/// What came of a lane's events so far.
struct LaneOutcome {
  std::vector<OutEvent> delivered;  ///< what the peer took, in its order; what it took twice is there twice
  std::vector<DeadEvent> dead;      ///< expired ones too
  std::map<std::string, std::uint64_t, std::less<>> filtered;  ///< by reason
  std::uint64_t pending = 0;
};

/// A lane as it runs in the gateway (scheduler, shaper, settlements) with memory for a spool, a script for a peer and
/// whatever time its user says. A commit takes no time. *Threads*: one user at a time.
class TrialLane {
 public:
  TrialLane(TrialLaneSetup setup, Instant now);
  TrialLane(const TrialLane&) = delete;
  TrialLane& operator=(const TrialLane&) = delete;

  /// An event of the log that the lane wants; ascending.
  void append(StoredEvent event);
  /// Does everything that can be done at this moment.
  void step(Instant now);
  /// When there is something to do again, should nothing be appended; max: never.
  [[nodiscard]] SteadyTime next(Instant now) const;

  [[nodiscard]] LaneOutcome outcome() const;
  [[nodiscard]] std::uint64_t pending() const noexcept { return received_ - settled_; }
  /// Requests so far.
  [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
  [[nodiscard]] const RouteConfig& route() const noexcept { return setup_.route; }
  [[nodiscard]] const SinkConfig& sink() const noexcept { return setup_.sink; }

 private:
  struct Flight {
    SteadyTime ends;
    Settled settled;
    std::vector<OutEvent> events;  ///< as they left
  };

  bool collect(Instant now);
  void connect(SteadyTime now);
  bool read(Instant now);
  bool send(Instant now);
  bool settle(Instant now);
  [[nodiscard]] LaneRead read_log(const ReadWish& wish) const;

  TrialLaneSetup setup_;
  SeededRandom random_;
  ScriptedPeer peer_;
  Scheduler scheduler_;
  std::vector<StoredEvent> log_;
  std::multimap<SteadyTime, Flight> flights_;
  std::vector<OutEvent> delivered_;
  std::vector<DeadEvent> dead_;
  std::uint64_t received_ = 0;
  std::uint64_t settled_ = 0;
  std::uint64_t requests_ = 0;
};

}  // namespace tidegate
