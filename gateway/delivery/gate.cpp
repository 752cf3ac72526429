#include "gateway/delivery/gate.h"

#include <algorithm>
#include <utility>

#include "gateway/delivery/limits.h"

namespace tidegate {

milliseconds backoff(const DeliveryOptions::Retry& retry, std::uint32_t failures, std::uint64_t draw) noexcept {
  const auto initial = static_cast<std::uint64_t>(std::max<milliseconds::rep>(retry.initial.count(), 1));
  const auto max = static_cast<std::uint64_t>(std::max<milliseconds::rep>(retry.max.count(), 1));
  const std::uint32_t doublings = std::min(failures == 0 ? 0 : failures - 1, 30U);
  const std::uint64_t bound = std::min(std::min(initial, max) << doublings, max);
  return milliseconds{static_cast<milliseconds::rep>(draw % bound)};
}

std::size_t Gate::batches_free(SteadyTime now, std::size_t in_flight, std::size_t in_flight_max) const {
  if (refresh_due_ || in_flight >= in_flight_max || now < hold_until_) return 0;
  switch (mode_) {
    case Mode::open: return in_flight_max - in_flight;
    case Mode::broken:
    case Mode::refreshed:
    case Mode::paused: return probe_out_ || now < probe_at_ ? 0 : 1;
    case Mode::connecting:
    case Mode::parked: break;
  }
  return 0;
}

SteadyTime Gate::look_again(SteadyTime now) const {
  if (mode_ == Mode::parked) return SteadyTime::max();
  SteadyTime at = hold_until_;
  if (mode_ != Mode::open) at = probe_out_ ? SteadyTime::max() : std::max(at, probe_at_);
  return at > now ? at : SteadyTime::max();
}

bool Gate::leave() {
  if (mode_ == Mode::open) return false;
  probe_out_ = true;
  return true;
}

void Gate::connected() {
  if (mode_ != Mode::connecting) return;
  mode_ = Mode::open;
  failures_ = 0;
}

void Gate::connect_failed(SteadyTime now, std::string why) {
  ++failures_;
  // Never less often than a broken lane would probe, never in a tight loop.
  const milliseconds wait = std::min(backoff(options_.retry, failures_, random_.next()), options_.breaker.interval);
  probe_at_ = now + std::max(wait, std::min(options_.retry.initial, options_.breaker.interval));
  why_ = std::move(why);
}

bool Gate::wants_refresh(SteadyTime now) const {
  return refresh_due_ && (mode_ == Mode::refreshed || (mode_ == Mode::paused && now >= probe_at_));
}

void Gate::refreshed() {
  refresh_due_ = false;
  ++credential_;
}

void Gate::alive(bool probe, std::uint32_t credential) {
  if (probe) probe_out_ = false;
  if (mode_ == Mode::parked) return;
  // A batch that left before the refusal says nothing about the credential of now.
  const bool about_credential = mode_ == Mode::refreshed || mode_ == Mode::paused;
  if (about_credential && credential != credential_) return;
  mode_ = Mode::open;
  failures_ = 0;
  throttles_ = 0;
  refused_before_ = false;
  refresh_due_ = false;
}

milliseconds Gate::probe_interval() const {
  return mode_ == Mode::paused ? options_.breaker.interval * limits::kPausedProbeIntervals : options_.breaker.interval;
}

void Gate::failed(SteadyTime now, bool probe, std::string why) {
  ++failures_;
  why_ = std::move(why);
  if (probe) {
    probe_out_ = false;
    probe_at_ = now + probe_interval();
    if (mode_ == Mode::paused) refresh_due_ = true;
    if (mode_ == Mode::refreshed) mode_ = Mode::broken;
    return;
  }
  const std::uint32_t threshold = options_.breaker.failures;
  if (mode_ == Mode::open && threshold > 0 && failures_ >= threshold) {
    mode_ = Mode::broken;
    probe_at_ = now + options_.breaker.interval;
  }
}

void Gate::unauthorized(SteadyTime now, bool probe, std::uint32_t credential, std::string why) {
  if (probe) probe_out_ = false;
  if (mode_ == Mode::parked || credential != credential_ || refresh_due_) return;
  ++failures_;
  why_ = std::move(why);
  refresh_due_ = true;
  if (!refused_before_) {
    refused_before_ = true;
    mode_ = Mode::refreshed;
    probe_at_ = now;
    return;
  }
  mode_ = Mode::paused;
  probe_at_ = now + probe_interval();
}

void Gate::gone(bool probe, std::string why) {
  if (probe) probe_out_ = false;
  ++failures_;
  mode_ = Mode::parked;
  why_ = std::move(why);
}

void Gate::throttled(SteadyTime now, std::optional<milliseconds> retry_after, std::string why) {
  ++throttles_;
  why_ = std::move(why);
  const milliseconds asked = retry_after.value_or(backoff(options_.retry, throttles_, random_.next()));
  hold_until_ = std::max(hold_until_, now + std::clamp(asked, milliseconds{0}, options_.retry.max));
}

void Gate::resume(SteadyTime now) {
  if (mode_ != Mode::paused && mode_ != Mode::parked) return;
  mode_ = Mode::refreshed;
  refresh_due_ = true;
  refused_before_ = true;
  probe_at_ = now;
}

}  // namespace tidegate
