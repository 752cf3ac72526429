#include <fmt/format.h>

#include <charconv>

#include "tests/support/receiver/receiver.h"

namespace tidegate::testing {
namespace {

/// Cuts the part up to `end` off the front.
std::string_view cut(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

template <class T>
bool to_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool set_action(std::string_view word, Answer& answer) {
  if (word == "hang") {
    answer.action = Answer::Action::hang;
  } else if (word == "close") {
    answer.action = Answer::Action::close_read;
  } else if (word == "close-unread") {
    answer.action = Answer::Action::close_unread;
  } else {
    return to_number(word, answer.status);
  }
  return true;
}

bool set_detail(std::string_view detail, Answer& answer) {
  const std::string_view name = cut(detail, '=');
  if (name == "retry-after") {
    answer.headers.emplace_back("Retry-After", detail);
  } else if (name == "location") {
    answer.headers.emplace_back("Location", detail);
  } else if (name == "delay") {
    std::int64_t ms = 0;
    if (!to_number(detail, ms)) return false;
    answer.delay = milliseconds(ms);
  } else {
    return false;
  }
  return true;
}

}  // namespace

Result<std::vector<Answer>> parse_answers(std::string_view text) {
  std::vector<Answer> answers;
  while (!text.empty()) {
    const std::string_view item = cut(text, ',');
    std::string_view details = item;
    std::string_view times = cut(details, ':');
    const std::string_view word = cut(times, '*');
    Answer answer;
    std::size_t count = 1;
    bool good = set_action(word, answer) && (times.empty() || to_number(times, count));
    while (good && !details.empty()) {
      // A location is a URL with colons of its own: it takes the rest.
      const std::string_view rest = details.starts_with("location=") ? std::exchange(details, {}) : cut(details, ':');
      good = set_detail(rest, answer);
    }
    if (!good) return Error{ErrorCode::invalid, fmt::format("not an answer: \"{}\"", item)};
    answers.insert(answers.end(), count, answer);
  }
  return answers;
}

std::string ReceiverSummary::json() const {
  return fmt::format(
      R"({{"connections":{},"requests":{},"accepted_requests":{},"refused_requests":{},"invalid_requests":{},)"
      R"("accepted_events":{},"largest_batch":{},"body_bytes":{},"events":{},"distinct":{},"duplicates":{},)"
      R"("out_of_order":{},"missing":{},"publishers":{},"latency_p50_ms":{},"latency_p99_ms":{},"latency_max_ms":{}}})",
      connections, requests, accepted_requests, refused_requests, invalid_requests, accepted_events, largest_batch,
      body_bytes, arrivals.events, arrivals.distinct, arrivals.duplicates, arrivals.out_of_order, arrivals.missing,
      arrivals.publishers, arrivals.latency_p50_ms, arrivals.latency_p99_ms, arrivals.latency_max_ms);
}

}  // namespace tidegate::testing
