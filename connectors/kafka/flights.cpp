#include "connectors/kafka/flights.h"

#include <algorithm>
#include <utility>

#include "connectors/outcomes.h"

namespace tidegate::kafka {

namespace {

bool is_purged(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__PURGE_QUEUE || error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

/// Whether the producer is at its end, which it says a moment later: it leaves no gap. A message that never found its
/// topic has no place in a series.
bool ends_producer(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return false;
    default: return !is_purged(error);
  }
}

}  // namespace

void Flights::reported(std::span<const Report> reports) {
  const MutexLock lock(mutex_);
  Flight* flight = nullptr;
  for (const Report& report : reports) {
    const bool same = flight != nullptr && report.ticket >= flight->first_ticket &&
                      report.ticket - flight->first_ticket < flight->states.size();
    if (!same) flight = find(report.ticket);
    if (flight == nullptr) continue;  // of a batch that is over: its producer was given up
    Verdict verdict = judge(report.ending);
    if (verdict.outcome.fate == Fate::delivered) {
      ++delivered_;
      answered();
    }
    if (ends_producer(report.ending.error) && !link_.fatal) {
      link_.fatal = true;
      link_.trouble = verdict.outcome.reason;
      link_changed_ = true;
    }
    if (given_up_ && is_purged(report.ending.error)) {
      verdict.outcome.reason = given_up_->outcome.reason;
      verdict.cause = given_up_->cause;
    } else if (link_.fatal && is_purged(report.ending.error)) {
      verdict.outcome.reason = "not sent: its producer ended: " + link_.trouble;
      verdict.cause = link_.cause;
    }
    smaller_ = std::max(smaller_, verdict.smaller);
    end_event(*flight, report.ticket, std::move(verdict));
  }
  sweep();
  if (has_news() || handed_ == 0) news_.notify_one();
}

void Flights::failed(rd_kafka_resp_err_t error, std::string words, bool fatal) {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (link_.fatal) return;
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (!link_.down_since) link_.down_since = now;
    if (link_.trouble.empty()) link_.trouble = std::move(words);
  } else {
    link_.fatal = fatal;
    link_.cause = cause_of(error);
    link_.trouble = std::move(words);
  }
  link_changed_ = true;
  news_.notify_one();
}

void Flights::new_link() {
  const MutexLock lock(mutex_);
  link_ = {};
  link_changed_ = false;
  given_up_.reset();
}

LinkState Flights::link() const {
  const MutexLock lock(mutex_);
  return link_;
}

void Flights::link_is_up() {
  const MutexLock lock(mutex_);
  answered();
}

/// A broker answered: what was wrong with connections is over.
void Flights::answered() {
  link_.down_since.reset();
  if (!link_.fatal && link_.cause == Cause::peer_down) link_.trouble.clear();
}

std::uint64_t Flights::open(Batch batch) {
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

void Flights::hand(std::uint64_t ticket, std::size_t count) {
  const MutexLock lock(mutex_);
  Flight* flight = find(ticket);
  if (flight == nullptr) return;
  std::fill_n(flight->states.begin() + static_cast<std::ptrdiff_t>(ticket - flight->first_ticket), count,
              Flight::State::handed);
  handed_ += count;
}

void Flights::take_back(std::uint64_t ticket, std::size_t count) {
  const MutexLock lock(mutex_);
  Flight* flight = find(ticket);
  if (flight == nullptr) return;
  std::fill_n(flight->states.begin() + static_cast<std::ptrdiff_t>(ticket - flight->first_ticket), count,
              Flight::State::waiting);
  handed_ -= count;
}

std::size_t Flights::handed() const {
  const MutexLock lock(mutex_);
  return handed_;
}

void Flights::set_refill(std::optional<std::size_t> handed) {
  const MutexLock lock(mutex_);
  refill_ = handed;
}

void Flights::end(std::uint64_t ticket, Verdict verdict) {
  const MutexLock lock(mutex_);
  if (Flight* flight = find(ticket)) end_event(*flight, ticket, std::move(verdict));
  sweep();
}

Flight* Flights::find(std::uint64_t ticket) {
  const auto after = std::ranges::upper_bound(open_, ticket, {}, &Flight::first_ticket);
  if (after == open_.begin()) return nullptr;
  Flight& flight = *std::prev(after);
  return ticket - flight.first_ticket < flight.states.size() ? &flight : nullptr;
}

void Flights::end_event(Flight& flight, std::uint64_t ticket, Verdict verdict) {
  const std::size_t index = ticket - flight.first_ticket;
  if (flight.states[index] == Flight::State::ended) return;
  if (flight.states[index] == Flight::State::handed) --handed_;
  flight.states[index] = Flight::State::ended;
  --flight.open;
  if (verdict.outcome.fate == Fate::delivered) return;
  if (goes_again(verdict.outcome.fate)) ++flight.failed;
  flight.cause = graver(flight.cause, verdict.cause);
  if (flight.outcomes.empty()) flight.outcomes.resize(flight.states.size(), {Fate::delivered, {}});
  flight.outcomes[index] = std::move(verdict.outcome);
}

/// Takes the complete batches out of open_.
void Flights::sweep() {
  for (auto flight = open_.begin(); flight != open_.end();) {
    if (flight->open > 0) {
      ++flight;
      continue;
    }
    complete_.push_back(std::move(*flight));
    flight = open_.erase(flight);
  }
}

std::unordered_set<std::string_view> Flights::held_subjects(std::uint64_t first_ticket, std::size_t& known) const {
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

void Flights::give_up(const std::string& why, Cause cause) {
  const MutexLock lock(mutex_);
  given_up_ = Verdict{{Fate::unknown, why}, cause, Smaller::no};
}

void Flights::end_all(const std::string& why, Cause cause) {
  const MutexLock lock(mutex_);
  for (Flight& flight : open_) {
    for (std::size_t i = 0; i < flight.states.size(); ++i) {
      const bool waiting = flight.states[i] == Flight::State::waiting;
      end_event(flight, flight.first_ticket + i,
                {waiting ? Outcome{Fate::retry, "not sent: " + why} : Outcome{Fate::unknown, why}, cause, Smaller::no});
    }
  }
  sweep();
  handed_ = 0;
  refill_.reset();
}

std::deque<Flight> Flights::take_complete() {
  const MutexLock lock(mutex_);
  return std::exchange(complete_, {});
}

std::optional<SteadyTime> Flights::oldest() const {
  const MutexLock lock(mutex_);
  if (open_.empty()) return std::nullopt;
  return open_.front().since;
}

Smaller Flights::take_smaller() {
  const MutexLock lock(mutex_);
  return std::exchange(smaller_, Smaller::no);
}

std::size_t Flights::take_delivered() {
  const MutexLock lock(mutex_);
  return std::exchange(delivered_, 0);
}

void Flights::clear() {
  const MutexLock lock(mutex_);
  open_.clear();
  complete_.clear();
  handed_ = 0;
  refill_.reset();
}

bool Flights::has_news() const {
  return !complete_.empty() || link_changed_ || woken_ || (refill_ && handed_ <= *refill_);
}

void Flights::wait(SteadyTime until) {
  MutexLock lock(mutex_);
  while (!has_news()) {
    if (!news_.wait_until(lock, until) && clock_.steady() >= until) break;
  }
  link_changed_ = false;
}

void Flights::wait_for_reports(SteadyTime until) {
  MutexLock lock(mutex_);
  while (handed_ > 0) {
    if (!news_.wait_until(lock, until) && clock_.steady() >= until) break;
  }
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

}  // namespace tidegate::kafka
