#include "tests/support/receiver/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tidegate::testing {
namespace {

std::int64_t now_us() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
}

std::string header_of(const ReceivedRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

Answer status_answer(unsigned status, std::string body = {}) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

}  // namespace

Ledger::Ledger(const ReceiverOptions& options)
    : options_(options),
      split_(!options.respond &&
             (options.record || options.poison || options.events_max != 0 || !options.log.empty())) {
  if (!options.log.empty()) log_.reset(std::fopen(options.log.c_str(), "a"));
}

void Ledger::connected() {
  const std::lock_guard lock(mutex_);
  ++totals_.connections;
  changed_.notify_all();
}

Answer Ledger::next_answer() {
  const std::lock_guard lock(mutex_);
  if (script_.empty()) return default_;
  Answer next = std::move(script_.front());
  script_.pop_front();
  return next;
}

Answer Ledger::take(ReceivedRequest request, std::string raw_body, Answer answer) {
  const std::size_t raw_bytes = raw_body.size();
  auto body = decode_body(header_of(request, "content-encoding"), std::move(raw_body));
  bool valid = body.has_value();
  if (valid) {
    request.body = *std::move(body);
    if (split_) {
      auto events = split_events(header_of(request, "content-type"), header_of(request, "ce-id"), request.body);
      valid = events.has_value();
      if (valid) request.events = *std::move(events);
    }
  }
  if (options_.respond) answer = options_.respond(request);
  if (!valid && answer.accepts()) answer = status_answer(400, "this body cannot be read");
  if (raw_bytes > options_.body_bytes_max) answer = status_answer(413);
  if (answer.accepts()) answer = refusal_of(request, std::move(answer));
  if (answer.action == Answer::Action::reply) request.status = answer.status;

  const std::lock_guard lock(mutex_);
  ++totals_.requests;
  totals_.body_bytes += raw_bytes;
  if (!valid) ++totals_.invalid_requests;
  ++(answer.accepts() ? totals_.accepted_requests : totals_.refused_requests);
  if (answer.accepts()) accept(request);
  if (options_.record) {
    requests_.push_back(std::move(request));
    if (requests_.size() > kRequestsKept) requests_.pop_front();
  }
  changed_.notify_all();
  return answer;
}

Answer Ledger::refusal_of(const ReceivedRequest& request, Answer answer) const {
  if (options_.events_max != 0 && request.events.size() > options_.events_max) return status_answer(413);
  if (!options_.poison) return answer;
  const auto bad = std::find_if(request.events.begin(), request.events.end(), options_.poison);
  return bad == request.events.end() ? answer : status_answer(422, "event " + bad->id + " is not acceptable");
}

void Ledger::accept(const ReceivedRequest& request) {
  const std::uint64_t before = totals_.accepted_events;
  if (!split_) {
    count_markers(request.body);
  } else {
    const std::int64_t now = now_us();
    std::string lines;
    for (const ReceivedEvent& event : request.events) {
      ++totals_.accepted_events;
      if (event.marker) arrivals_.add(*event.marker, now);
      if (!log_) continue;
      const std::string id = event.id.empty() ? "-" : event.id;
      event.marker
          ? fmt::format_to(std::back_inserter(lines), "{} {} {}\n", id, event.marker->publisher, event.marker->seq)
          : fmt::format_to(std::back_inserter(lines), "{} - -\n", id);
    }
    if (log_) {
      std::fwrite(lines.data(), 1, lines.size(), log_.get());
      std::fflush(log_.get());
    }
  }
  totals_.largest_batch = std::max(totals_.largest_batch, totals_.accepted_events - before);
}

void Ledger::count_markers(std::string_view body) {
  const std::int64_t now = now_us();
  for (auto found = find_marker(body); found; found = find_marker(body, found->second)) {
    ++totals_.accepted_events;
    arrivals_.add(found->first, now);
  }
}

void Ledger::script(std::vector<Answer> answers) {
  const std::lock_guard lock(mutex_);
  script_.insert(script_.end(), std::make_move_iterator(answers.begin()), std::make_move_iterator(answers.end()));
}

void Ledger::answer_by_default(Answer answer) {
  const std::lock_guard lock(mutex_);
  default_ = std::move(answer);
}

std::vector<ReceivedRequest> Ledger::requests() const {
  const std::lock_guard lock(mutex_);
  return {requests_.begin(), requests_.end()};
}

ReceiverSummary Ledger::summary_locked() const {
  ReceiverSummary summary = totals_;
  summary.arrivals = arrivals_.totals();
  return summary;
}

ReceiverSummary Ledger::summary() const {
  const std::lock_guard lock(mutex_);
  return summary_locked();
}

bool Ledger::wait_for(const std::function<bool(const ReceiverSummary&)>& condition,
                      std::chrono::seconds at_most) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, at_most, [&] { return condition(summary_locked()); });
}

}  // namespace tidegate::testing
