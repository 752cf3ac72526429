#include "connectors/open_batches.h"

#include <algorithm>
#include <utility>

#include "connectors/outcomes.h"

namespace tidegate {

Settled settled_of(Flight flight) {
  Settled settled;
  settled.id = flight.batch.id;
  settled.cause = flight.cause;
  if (flight.outcomes.empty()) {
    settled.outcomes.push_back({Fate::delivered, {}});
  } else {
    keep_order(flight.batch.events, flight.outcomes);
    settled.outcomes = std::move(flight.outcomes);
  }
  return settled;
}

std::uint64_t OpenBatches::open(Batch batch) {
  Flight flight;
  flight.open = batch.events.size();
  flight.states.resize(flight.open);
  flight.batch = std::move(batch);
  flight.since = clock_.steady();
  const MutexLock lock(mutex_);
  flight.first_ticket = next_ticket_;
  next_ticket_ += flight.open;
  open_.push_back(std::move(flight));
  return open_.back().first_ticket;
}

void OpenBatches::hand(std::uint64_t ticket, std::size_t count) {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (handed_ == 0) heard_ = now;
  mark(ticket, count, Flight::State::handed);
}

void OpenBatches::take_back(std::uint64_t ticket, std::size_t count) {
  const MutexLock lock(mutex_);
  mark(ticket, count, Flight::State::waiting);
}

void OpenBatches::mark(std::uint64_t ticket, std::size_t count, Flight::State state) {
  Flight* flight = find(ticket);
  if (flight == nullptr) return;
  std::fill_n(flight->states.begin() + static_cast<std::ptrdiff_t>(ticket - flight->first_ticket), count, state);
  handed_ = state == Flight::State::handed ? handed_ + count : handed_ - count;
}

std::size_t OpenBatches::handed() const {
  const MutexLock lock(mutex_);
  return handed_;
}

void OpenBatches::set_refill(std::optional<std::size_t> handed) {
  const MutexLock lock(mutex_);
  refill_ = handed;
}

void OpenBatches::end(std::uint64_t ticket, Outcome outcome, Cause cause) {
  const MutexLock lock(mutex_);
  if (Flight* flight = find(ticket)) end_event(*flight, ticket, std::move(outcome), cause);
  sweep();
}

Flight* OpenBatches::find(std::uint64_t ticket) {
  const auto after = std::ranges::upper_bound(open_, ticket, {}, &Flight::first_ticket);
  if (after == open_.begin()) return nullptr;
  Flight& flight = *std::prev(after);
  return ticket - flight.first_ticket < flight.states.size() ? &flight : nullptr;
}

void OpenBatches::end_event(Flight& flight, std::uint64_t ticket, Outcome outcome, Cause cause) {
  const std::size_t index = ticket - flight.first_ticket;
  if (flight.states[index] == Flight::State::ended) return;
  if (flight.states[index] == Flight::State::handed) --handed_;
  flight.states[index] = Flight::State::ended;
  --flight.open;
  if (outcome.fate == Fate::delivered) return;
  if (goes_again(outcome.fate)) ++flight.failed;
  flight.cause = graver(flight.cause, cause);
  if (flight.outcomes.empty()) flight.outcomes.resize(flight.states.size(), {Fate::delivered, {}});
  flight.outcomes[index] = std::move(outcome);
}

void OpenBatches::tell() {
  sweep();
  if (has_news() || handed_ == 0) news_.notify_one();
}

void OpenBatches::set_link_news(bool news) {
  link_news_ = news;
  if (news) news_.notify_one();
}

/// Takes the complete batches out of open_.
void OpenBatches::sweep() {
  for (auto flight = open_.begin(); flight != open_.end();) {
    if (flight->open > 0) {
      ++flight;
      continue;
    }
    complete_.push_back(std::move(*flight));
    flight = open_.erase(flight);
  }
}

void OpenBatches::end_all(const std::string& why, Cause cause) {
  const MutexLock lock(mutex_);
  for (Flight& flight : open_) {
    for (std::size_t i = 0; i < flight.states.size(); ++i) {
      const bool waiting = flight.states[i] == Flight::State::waiting;
      end_event(flight, flight.first_ticket + i,
                waiting ? Outcome{Fate::retry, "not sent: " + why} : Outcome{Fate::unknown, why}, cause);
    }
  }
  sweep();
  handed_ = 0;
  refill_.reset();
}

std::deque<Flight> OpenBatches::take_complete() {
  const MutexLock lock(mutex_);
  return std::exchange(complete_, {});
}

void OpenBatches::clear() {
  const MutexLock lock(mutex_);
  open_.clear();
  complete_.clear();
  handed_ = 0;
  refill_.reset();
}

std::optional<SteadyTime> OpenBatches::oldest() const {
  const MutexLock lock(mutex_);
  if (open_.empty()) return std::nullopt;
  return open_.front().since;
}

std::optional<SteadyTime> OpenBatches::silent_since() const {
  const MutexLock lock(mutex_);
  if (handed_ == 0) return std::nullopt;
  return heard_;
}

std::unordered_set<std::string_view> OpenBatches::held_subjects(std::uint64_t first_ticket, std::size_t& known) const {
  std::unordered_set<std::string_view> held;
  const MutexLock lock(mutex_);
  const auto flight = std::ranges::find(open_, first_ticket, &Flight::first_ticket);
  if (flight == open_.end() || flight->failed == known) return held;
  known = flight->failed;
  for (std::size_t i = 0; i < flight->outcomes.size(); ++i) {
    if (goes_again(flight->outcomes[i].fate)) held.insert(flight->batch.events[i]->event.subject);
  }
  return held;
}

bool OpenBatches::has_news() const {
  return !complete_.empty() || link_news_ || woken_ || (refill_ && handed_ <= *refill_);
}

void OpenBatches::wait(SteadyTime until) {
  MutexLock lock(mutex_);
  while (!has_news()) {
    if (!news_.wait_until(lock, until) && clock_.steady() >= until) break;
  }
  link_news_ = false;
}

void OpenBatches::wait_for_reports(SteadyTime until) {
  MutexLock lock(mutex_);
  while (handed_ > 0) {
    if (!news_.wait_until(lock, until) && clock_.steady() >= until) break;
  }
}

void OpenBatches::wake() noexcept {
  const MutexLock lock(mutex_);
  woken_ = true;
  news_.notify_one();
}

bool OpenBatches::take_wake() {
  const MutexLock lock(mutex_);
  return std::exchange(woken_, false);
}

}  // namespace tidegate
