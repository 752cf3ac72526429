#include "connectors/mqtt/flights.h"

#include <utility>

#include "connectors/mqtt/publish_judge.h"

namespace tidegate::mqtt {

void Flights::connected(const BrokerLimits& limits) {
  LinkState state;
  state.phase = LinkState::Phase::up;
  state.limits = limits;
  change(std::move(state));
}

void Flights::not_connected(ConnectFailure failure) {
  LinkState state;
  state.phase = LinkState::Phase::refused;
  state.failure = std::move(failure);
  change(std::move(state));
}

void Flights::ending() {
  const MutexLock lock(mutex_);
  if (link_.phase != LinkState::Phase::up) return;
  link_.phase = LinkState::Phase::ending;
  set_link_news(true);
}

void Flights::lost(std::string why) {
  LinkState state;
  state.phase = LinkState::Phase::lost;
  state.why = std::move(why);
  change(std::move(state));
}

void Flights::change(LinkState state) {
  const MutexLock lock(mutex_);
  if (link_.phase == LinkState::Phase::none) return;  // the worker has given the connection up
  link_ = std::move(state);
  set_link_news(true);
}

void Flights::answered(std::uint64_t ticket, Reason reason) {
  PublishVerdict verdict = judge_answer(reason);
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  heard(now);
  // Of a batch that is over by now there is nothing to end: its connection was given up.
  if (Flight* flight = find(ticket)) end_event(*flight, ticket, std::move(verdict.outcome), verdict.cause);
  tell();
}

void Flights::set_phase(LinkState::Phase phase) {
  const MutexLock lock(mutex_);
  link_ = {};
  link_.phase = phase;
  set_link_news(false);
}

LinkState::Phase Flights::phase() const {
  const MutexLock lock(mutex_);
  return link_.phase;
}

LinkState Flights::link() const {
  const MutexLock lock(mutex_);
  return link_;
}

}  // namespace tidegate::mqtt
