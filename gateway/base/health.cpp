#include "gateway/base/health.h"

namespace tidegate {

std::string_view name_of(HealthState state) noexcept {
  switch (state) {
    case HealthState::starting: return "starting";
    case HealthState::ok: return "ok";
    case HealthState::waiting: return "waiting";
    case HealthState::paused: return "paused";
    case HealthState::alarm: return "alarm";
  }
  return "unknown";
}

void Health::post(std::string_view component, HealthState state, std::string detail) {
  const MutexLock lock(mutex_);
  auto [it, added] = entries_.try_emplace(std::string(component));
  Entry& entry = it->second;
  if (added || entry.state != state) entry.since = clock_.wall();
  entry.state = state;
  entry.detail = std::move(detail);
}

std::map<std::string, Health::Entry, std::less<>> Health::entries() const {
  const MutexLock lock(mutex_);
  return entries_;
}

}  // namespace tidegate
