#include "connectors/kafka/flights.h"

#include <algorithm>
#include <utility>

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
      set_link_news(true);
    }
    if (given_up_ && is_purged(report.ending.error)) {
      verdict.outcome.reason = given_up_->outcome.reason;
      verdict.cause = given_up_->cause;
    } else if (link_.fatal && is_purged(report.ending.error)) {
      verdict.outcome.reason = "not sent: its producer ended: " + link_.trouble;
      verdict.cause = link_.cause;
    }
    smaller_ = std::max(smaller_, verdict.smaller);
    end_event(*flight, report.ticket, std::move(verdict.outcome), verdict.cause);
  }
  tell();
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
  set_link_news(true);
}

void Flights::new_link() {
  const MutexLock lock(mutex_);
  link_ = {};
  set_link_news(false);
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

void Flights::end(std::uint64_t ticket, Verdict verdict) {
  OpenBatches::end(ticket, std::move(verdict.outcome), verdict.cause);
}

void Flights::give_up(const std::string& why, Cause cause) {
  const MutexLock lock(mutex_);
  given_up_ = Verdict{{Fate::unknown, why}, cause, Smaller::no};
}

Smaller Flights::take_smaller() {
  const MutexLock lock(mutex_);
  return std::exchange(smaller_, Smaller::no);
}

std::size_t Flights::take_delivered() {
  const MutexLock lock(mutex_);
  return std::exchange(delivered_, 0);
}

}  // namespace tidegate::kafka
