#include "gateway/intake/taps.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/intake/limits.h"

namespace tidegate {

namespace {

bool wants(const Taps::Route& route, const Routed& routed) {
  return std::any_of(route.lanes.begin(), route.lanes.end(),
                     [&](LaneId lane) { return std::binary_search(routed.lanes.begin(), routed.lanes.end(), lane); });
}

Error no_tap(std::uint64_t tap) {
  return {ErrorCode::not_found,
          fmt::format("there is no tap {}; one that nobody asks for {} s is closed", tap, limits::kTapExpiry.count())};
}

}  // namespace

void Taps::offer(std::span<const Routed> events) {
  const MutexLock lock(mutex_);
  close_forgotten(clock_.steady());
  for (auto& [number, tap] : taps_) {
    for (const Routed& routed : events) look(tap, routed);
  }
}

void Taps::look(Tap& tap, const Routed& routed) const {
  if (tap.route != nullptr && !wants(*tap.route, routed)) return;
  const std::size_t bytes = payload_bytes(routed.event);
  const bool room = tap.batch.events.empty() ||
                    (tap.batch.events.size() < limits::kTapEventsMax && tap.bytes + bytes <= limits::kTapBytesMax);
  const bool tired =
      tap.where && tap.looks > 0 &&
      (tap.looks >= limits::kTapLooksMax || tap.matched_bytes + routed.event.data.size() > limits::kTapMatchBytesMax);
  if (!room || tired) {
    ++tap.batch.missed;
    return;
  }
  if (!matches(tap, routed)) return;
  tap.bytes += bytes;
  tap.batch.events.push_back({routed.event, wanted_by(tap, routed)});
}

bool Taps::matches(Tap& tap, const Routed& routed) {
  if (!tap.where) return true;
  ++tap.looks;
  tap.matched_bytes += routed.event.data.size();
  const PatternCaptures captures =
      tap.route == nullptr ? PatternCaptures{} : tap.route->topic.captures(routed.event.subject);
  return tap.where->matches(routed.event, captures);
}

std::vector<std::string> Taps::wanted_by(const Tap& tap, const Routed& routed) const {
  if (tap.route != nullptr) return {tap.route->name};
  std::vector<std::string> out;
  for (const Route& route : routes_) {
    if (wants(route, routed)) out.push_back(route.name);
  }
  return out;
}

Result<std::uint64_t> Taps::open(const TapRequest& request) {
  Tap tap;
  tap.where = request.where;
  if (!request.route.empty()) {
    const auto found =
        std::find_if(routes_.begin(), routes_.end(), [&](const Route& route) { return route.name == request.route; });
    if (found == routes_.end()) {
      std::string known;
      for (const Route& route : routes_) known += (known.empty() ? "" : ", ") + route.name;
      return Error{ErrorCode::not_found, fmt::format("there is no route {}; there are: {}", request.route, known)};
    }
    tap.route = &*found;
  }
  const MutexLock lock(mutex_);
  tap.polled_at = clock_.steady();
  close_forgotten(tap.polled_at);
  if (taps_.size() >= limits::kTapsMax)
    return Error{ErrorCode::full,
                 fmt::format("{} taps are open already, which is the most there can be", taps_.size())};
  taps_.emplace(++last_, std::move(tap));
  any_ = true;
  return last_;
}

Result<TapBatch> Taps::poll(std::uint64_t tap) {
  const MutexLock lock(mutex_);
  close_forgotten(clock_.steady());
  const auto found = taps_.find(tap);
  if (found == taps_.end()) return no_tap(tap);
  Tap& open = found->second;
  open.polled_at = clock_.steady();
  open.bytes = 0;
  open.looks = 0;
  open.matched_bytes = 0;
  return std::exchange(open.batch, {});
}

Status Taps::close(std::uint64_t tap) {
  const MutexLock lock(mutex_);
  if (taps_.erase(tap) == 0) return no_tap(tap);
  any_ = !taps_.empty();
  return {};
}

void Taps::close_forgotten(SteadyTime now) {
  std::erase_if(taps_, [&](const auto& entry) { return now - entry.second.polled_at > limits::kTapExpiry; });
  any_ = !taps_.empty();
}

}  // namespace tidegate
