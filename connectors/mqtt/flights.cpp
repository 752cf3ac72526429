#include "connectors/mqtt/flights.h"

#include <algorithm>
#include <utility>

#include "connectors/mqtt/publish_judge.h"
#include "connectors/outcomes.h"

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
  link_changed_ = true;
  news_.notify_one();
}

void Flights::answered(std::uint64_t ticket, PublishAnswer answer) {
  PublishVerdict verdict = judge_answer(answer);
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  last_answer_ = now;
  // Of a batch that is over by now there is nothing to end: its connection was given up.
  if (const auto flight = find(ticket); flight != open_.end())
    end_event(flight, ticket - flight->first_ticket, std::move(verdict.outcome), verdict.cause);
}

void Flights::set_phase(LinkState::Phase phase) {
  const MutexLock lock(mutex_);
  link_ = {};
  link_.phase = phase;
  link_changed_ = false;
}

LinkState::Phase Flights::phase() const {
  const MutexLock lock(mutex_);
  return link_.phase;
}

LinkState Flights::link() const {
  const MutexLock lock(mutex_);
  return link_;
}

std::uint64_t Flights::open(Batch batch) {
  const std::size_t events = batch.events.size();
  Flight flight;
  flight.batch = std::move(batch);
  flight.outcomes.resize(events);
  flight.ended.resize(events);
  flight.open = events;
  const MutexLock lock(mutex_);
  flight.first_ticket = next_ticket_;
  next_ticket_ += events;
  open_.push_back(std::move(flight));
  return open_.back().first_ticket;
}

void Flights::take_off(std::uint64_t ticket, std::size_t count) {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  const auto flight = find(ticket);
  if (flight == open_.end()) return;
  if (unanswered_ == 0) last_answer_ = now;
  flight->taken_off += count;
  unanswered_ += count;
}

std::size_t Flights::unanswered() const {
  const MutexLock lock(mutex_);
  return unanswered_;
}

void Flights::set_refill(std::optional<std::size_t> unanswered) {
  const MutexLock lock(mutex_);
  refill_ = unanswered;
}

void Flights::end(std::uint64_t ticket, Outcome outcome, Cause cause) {
  const MutexLock lock(mutex_);
  if (const auto flight = find(ticket); flight != open_.end())
    end_event(flight, ticket - flight->first_ticket, std::move(outcome), cause);
}

std::deque<Flight>::iterator Flights::find(std::uint64_t ticket) {
  return std::ranges::find_if(
      open_, [&](const Flight& f) { return ticket >= f.first_ticket && ticket < f.first_ticket + f.outcomes.size(); });
}

void Flights::end_event(std::deque<Flight>::iterator flight, std::size_t index, Outcome outcome, Cause cause) {
  if (flight->ended[index]) return;
  flight->ended[index] = true;
  if (outcome.fate == Fate::delivered) ++flight->delivered;
  flight->outcomes[index] = std::move(outcome);
  flight->cause = graver(flight->cause, cause);
  if (index < flight->taken_off) --unanswered_;
  if (--flight->open == 0) return complete(flight);
  if (refill_ && unanswered_ == *refill_) news_.notify_one();
}

void Flights::complete(std::deque<Flight>::iterator flight) {
  complete_.push_back(std::move(*flight));
  open_.erase(flight);
  news_.notify_one();
}

void Flights::end_all(const std::string& why, Cause cause) {
  const MutexLock lock(mutex_);
  while (!open_.empty()) {
    Flight& flight = open_.front();
    for (std::size_t i = 0; i < flight.outcomes.size(); ++i) {
      if (flight.ended[i]) continue;
      flight.outcomes[i] =
          i < flight.taken_off ? Outcome{Fate::unknown, why} : Outcome{Fate::retry, "not sent: " + why};
    }
    flight.cause = graver(flight.cause, cause);
    complete(open_.begin());
  }
  unanswered_ = 0;
  refill_.reset();
}

std::deque<Flight> Flights::take_complete() {
  const MutexLock lock(mutex_);
  return std::exchange(complete_, {});
}

std::optional<SteadyTime> Flights::silent_since() const {
  const MutexLock lock(mutex_);
  if (unanswered_ == 0) return std::nullopt;
  return last_answer_;
}

void Flights::clear() {
  const MutexLock lock(mutex_);
  open_.clear();
  complete_.clear();
  unanswered_ = 0;
  refill_.reset();
}

bool Flights::has_news() const {
  return !complete_.empty() || link_changed_ || woken_ || (refill_ && unanswered_ <= *refill_);
}

void Flights::wait(SteadyTime until) {
  MutexLock lock(mutex_);
  while (!has_news()) {
    if (!news_.wait_until(lock, until) && clock_.steady() >= until) break;
  }
  link_changed_ = false;
}

void Flights::wake() noexcept {
  const MutexLock lock(mutex_);
  woken_ = true;
  news_.notify_one();
}

bool Flights::take_wake() {
  const MutexLock lock(mutex_);
  return std::exchange(woken_, false);
}

}  // namespace tidegate::mqtt
