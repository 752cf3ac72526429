#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/mutex.h"

namespace tidegate {

/// How one component is doing. A peer that is down is `waiting`, not a failure of the gateway.
enum class HealthState : std::uint8_t {
  starting,
  ok,
  waiting,  ///< working towards its peer: connecting, backing off, breaker open
  paused,   ///< stopped on purpose until something changes: high water, refused credential, parked lane
  alarm,    ///< a person should look: disk full, I/O error, corruption found
};
std::string_view name_of(HealthState state) noexcept;

/// The board on which every source, lane and the spool post their state; /v1/status and `status` read it.
/// *Threads*: safe from any.
class Health {
 public:
  struct Entry {
    HealthState state = HealthState::starting;
    std::string detail;  ///< one sentence for a person; no secret, no payload
    WallTime since{};    ///< when it entered this state
  };

  explicit Health(const Clock& clock) : clock_(clock) {}
  void post(std::string_view component, HealthState state, std::string detail) EXCLUDES(mutex_);
  [[nodiscard]] std::map<std::string, Entry, std::less<>> entries() const EXCLUDES(mutex_);

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mutex_);
};

}  // namespace tidegate
