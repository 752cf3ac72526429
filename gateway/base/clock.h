#pragma once

#include <chrono>

namespace tidegate {

using std::chrono::milliseconds;

/// UTC time of day, millisecond resolution: what events and records carry. May jump.
using WallTime = std::chrono::sys_time<milliseconds>;
/// Time that only moves forward: what timers, deadlines and backoff use.
using SteadyTime = std::chrono::steady_clock::time_point;

/// Where time comes from. Everything that decides by time is given one, so that tests own the time.
/// *Threads*: safe from any.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const noexcept = 0;
  [[nodiscard]] virtual SteadyTime steady() const noexcept = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const noexcept override {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] SteadyTime steady() const noexcept override { return std::chrono::steady_clock::now(); }
};

/// The moment by which a blocking call has returned.
struct Deadline {
  SteadyTime at;
};

}  // namespace tidegate
