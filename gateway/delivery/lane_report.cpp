#include "gateway/delivery/lane_report.h"

#include <algorithm>
#include <chrono>

#include "gateway/delivery/lane.h"

namespace tidegate {

namespace {

/// A peer that fails every now and then is told of once per interval.
constexpr milliseconds kFlapInterval{30'000};
constexpr milliseconds kDeathsInterval{60'000};  // dead letters are counted elsewhere; the log only points at them

Labels lane_labels(const std::string& route, const std::string& sink) { return {{"route", route}, {"sink", sink}}; }

std::string_view outcome_of(const Settled& settled) {
  switch (settled.cause) {
    case Cause::none: break;
    case Cause::peer_down: return "peer_down";
    case Cause::throttled: return "throttled";
    case Cause::unauthorized: return "unauthorized";
    case Cause::too_large: return "too_large";
    case Cause::poison_suspected: return "poison_suspected";
    case Cause::gone: return "gone";
    case Cause::undone: return "undone";
  }
  if (settled.outcomes.empty()) return "unknown";
  const Fate first = settled.outcomes.front().fate;
  const auto same = [first](const Outcome& outcome) { return outcome.fate == first; };
  if (!std::all_of(settled.outcomes.begin(), settled.outcomes.end(), same)) return "partial";
  switch (first) {
    case Fate::delivered: return "delivered";
    case Fate::held: return "held";
    case Fate::retry: return "retry";
    case Fate::unknown: return "unknown";
    case Fate::rejected: return "rejected";
  }
  return "unknown";
}

double seconds(SteadyTime::duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

LaneReport::LaneReport(const std::string& lane, const std::string& route, const std::string& sink, Health& health,
                       Metrics& metrics)
    : log_("lane " + lane),
      health_(health),
      metrics_(metrics),
      labels_(lane_labels(route, sink)),
      retries_(metrics.counter("tidegate_lane_retries_total", "Requests that repeat events sent before.", labels_)),
      in_flight_(metrics.gauge("tidegate_lane_in_flight", "Requests sent and not answered yet.", labels_)),
      breaker_(metrics.gauge("tidegate_lane_breaker_open", "1 while the lane only probes its sink.", labels_)),
      oldest_(metrics.gauge(kLaneOldestMetric, "Age of the oldest event the lane has to deliver.", labels_)) {
  health_.post(log_.component(), HealthState::starting, "");
}

void LaneReport::count(const Settled& settled) {
  Labels labels = labels_;
  labels.emplace_back("outcome", outcome_of(settled));
  metrics_.counter("tidegate_lane_requests_total", "Requests to the sink that ended.", std::move(labels)).add();
}

LaneReport::State LaneReport::state_of(const Gate& gate) {
  switch (gate.mode()) {
    case Gate::Mode::connecting: return State::connecting;
    case Gate::Mode::open: return gate.failing() ? State::failing : State::ok;
    case Gate::Mode::broken: return State::broken;
    case Gate::Mode::refreshed: return State::refreshed;
    case Gate::Mode::paused: return State::paused;
    case Gate::Mode::parked: return State::parked;
  }
  return State::ok;
}

void LaneReport::update(const Scheduler& scheduler, Instant now) {
  in_flight_.set(static_cast<std::int64_t>(scheduler.in_flight()));
  retries_.add(scheduler.counts().resent - retries_told_);
  retries_told_ = scheduler.counts().resent;
  count_filtered(scheduler);
  tell_shaper_trouble(scheduler);
  if (now.steady >= age_at_) {
    age_at_ = now.steady + std::chrono::seconds{1};
    const milliseconds age = now.wall - scheduler.oldest().value_or(now.wall);
    oldest_.set(std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(age).count()));
  }
  if (scheduler.counts().dead != deaths_told_ && now.steady >= deaths_at_) {
    deaths_at_ = now.steady + kDeathsInterval;
    log_.warn("{} more events are in the dead letters; the latest: {}", scheduler.counts().dead - deaths_told_,
              scheduler.latest_death());
    deaths_told_ = scheduler.counts().dead;
  }
  const State state = state_of(scheduler.gate());
  if (trouble_) return;
  if (state == state_ || (state == State::connecting && !scheduler.gate().failing())) return;
  changed(std::exchange(state_, state), scheduler.gate(), now.steady);
}

void LaneReport::count_filtered(const Scheduler& scheduler) {
  for (const auto& [reason, events] : scheduler.counts().filtered) {
    std::uint64_t& told = filtered_told_[reason];
    if (told == events) continue;
    Labels labels = labels_;
    labels.emplace_back("reason", reason);
    metrics_
        .counter("tidegate_lane_filtered_total", "Events that the route's reduction or transform left out.",
                 std::move(labels))
        .add(events - told);
    told = events;
  }
  const std::uint64_t keys = scheduler.keys_forgotten();
  if (keys == keys_told_) return;
  metrics_
      .counter("tidegate_lane_keys_forgotten_total",
               "Keys that the route's reduction forgot because there were more than max_keys.", labels_)
      .add(keys - keys_told_);
  keys_told_ = keys;
}

void LaneReport::tell_shaper_trouble(const Scheduler& scheduler) {
  std::string trouble = scheduler.shaper_trouble();
  if (trouble == shaper_trouble_) return;
  shaper_trouble_ = std::move(trouble);
  // Beside the lane's own entry, which says how its sink is doing.
  const std::string component = "transform of " + log_.component();
  if (shaper_trouble_.empty()) {
    log_.info("transforms again");
    return health_.post(component, HealthState::ok, "");
  }
  log_.error("cannot transform, keeps trying; its events wait: {}", shaper_trouble_);
  health_.post(component, HealthState::alarm, "cannot transform, its events wait: " + shaper_trouble_);
}

void LaneReport::changed(State from, const Gate& gate, SteadyTime now) {
  breaker_.set(state_ == State::broken ? 1 : 0);
  const bool was_up = from == State::ok || from == State::starting;
  if (was_up) down_since_ = now;
  if (state_ != State::ok && state_ != State::failing) told_down_ = true;
  const std::string& component = log_.component();
  switch (state_) {
    case State::starting: break;
    case State::ok:
      if (std::exchange(told_down_, false)) log_.info("delivers again, after {:.1f} s", seconds(now - down_since_));
      return health_.post(component, HealthState::ok, "");
    case State::connecting:
      log_.warn("cannot connect, keeps trying: {}", gate.why());
      return health_.post(component, HealthState::waiting, "cannot connect: " + gate.why());
    case State::failing:
      if (was_up && now >= flap_over_) {
        flap_over_ = now + kFlapInterval;
        told_down_ = true;
        log_.warn("delivery fails, will be tried again: {}", gate.why());
      }
      return health_.post(component, HealthState::waiting, "delivery fails: " + gate.why());
    case State::broken:
      log_.warn("breaker open, one probe per interval: {}", gate.why());
      return health_.post(component, HealthState::waiting, "breaker open: " + gate.why());
    case State::refreshed:
      log_.warn("one request will show whether delivery can go on: {}", gate.why());
      return health_.post(component, HealthState::waiting, gate.why());
    case State::paused:
      log_.error(
          "paused, credential refused: {}; nothing is dropped; replace the credential, then resume the lane or "
          "wait for the next probe",
          gate.why());
      return health_.post(component, HealthState::paused, "credential refused: " + gate.why());
    case State::parked:
      log_.error(
          "parked, the endpoint is gone for good: {}; nothing is dropped; correct the sink and restart, or "
          "resume the lane",
          gate.why());
      return health_.post(component, HealthState::paused, "endpoint gone: " + gate.why());
  }
}

void LaneReport::trouble(const Error& error) {
  if (trouble_) return;
  trouble_ = true;
  log_.error("cannot read the spool, keeps trying: {}", error.message);
  health_.post(log_.component(), HealthState::alarm, "cannot read the spool: " + error.message);
}

void LaneReport::trouble_over() {
  if (!trouble_) return;
  trouble_ = false;
  log_.info("reads the spool again");
  state_ = State::starting;  // post its state anew
}

void LaneReport::stopped(const Scheduler& scheduler) {
  in_flight_.set(0);
  log_.info("stopped; {} requests cut short, {} events read and left pending", scheduler.in_flight(),
            scheduler.window().held() + scheduler.window().deferred().size());
}

}  // namespace tidegate
