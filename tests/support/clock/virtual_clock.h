#pragma once

#include <atomic>
#include <cstdint>

#include "gateway/base/clock.h"

namespace tidegate::testing {

/// A clock that moves only when the test says so; wall and steady time can move apart. *Threads*: safe from any.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(WallTime wall = WallTime{milliseconds{1'760'000'000'000}})
      : wall_ms_(wall.time_since_epoch().count()) {}

  [[nodiscard]] WallTime wall() const noexcept override { return WallTime{milliseconds{wall_ms_.load()}}; }
  [[nodiscard]] SteadyTime steady() const noexcept override { return SteadyTime{milliseconds{steady_ms_.load()}}; }

  void advance(milliseconds by) noexcept {
    wall_ms_ += by.count();
    steady_ms_ += by.count();
  }
  /// The wall clock is set (an NTP jump, a dead RTC battery); steady time does not notice.
  void set_wall(WallTime to) noexcept { wall_ms_ = to.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> wall_ms_;
  std::atomic<std::int64_t> steady_ms_{1'000'000};
};

}  // namespace tidegate::testing
