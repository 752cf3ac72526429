#pragma once

#include <map>
#include <string>
#include <string_view>

#include "connectors/connector.h"
#include "gateway/base/health.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/base/result.h"
#include "gateway/delivery/scheduler.h"

namespace tidegate {

/// Tells people how a lane is doing: metrics always, health and the log when its state changes, never once per failed
/// batch. *Threads*: the lane's worker only.
class LaneReport {
 public:
  /// The age of the oldest pending event is at most this stale.
  static constexpr milliseconds kAgeInterval{5000};

  LaneReport(const std::string& lane, const std::string& route, const std::string& sink, Health& health,
             Metrics& metrics);

  /// A request ended.
  void count(const Settled& settled);
  /// The scheduler's state may have changed.
  void update(const Scheduler& scheduler, Instant now);
  /// The spool cannot be read.
  void trouble(const Error& error);
  void trouble_over();
  void stopped(const Scheduler& scheduler);

 private:
  /// Everything that health and the log tell apart.
  enum class State : std::uint8_t { starting, ok, connecting, failing, broken, refreshed, paused, parked };
  void count_filtered(const Scheduler& scheduler);
  void tell_shaper_trouble(const Scheduler& scheduler);
  static State state_of(const Gate& gate);
  void changed(State from, const Gate& gate, SteadyTime now);

  Log log_;
  Health& health_;
  Metrics& metrics_;
  Labels labels_;
  Counter& retries_;
  Gauge& in_flight_;
  Gauge& breaker_;
  Gauge& oldest_;

  State state_ = State::starting;
  SteadyTime down_since_{};
  SteadyTime flap_over_ = SteadyTime::min();
  bool told_down_ = false;  ///< the log's latest line on the peer says that it is down
  SteadyTime age_at_ = SteadyTime::min();
  SteadyTime deaths_at_ = SteadyTime::min();
  std::uint64_t retries_told_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> filtered_told_;  ///< by reason
  std::uint64_t keys_told_ = 0;
  std::uint64_t deaths_told_ = 0;
  bool trouble_ = false;
  std::string shaper_trouble_;  ///< as it was told
};

}  // namespace tidegate
