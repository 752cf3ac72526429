#include "http_source_fuzz.h"

#include <algorithm>
#include <string>
#include <vector>

#include "connectors/http/ingest/call.h"
#include "connectors/http/ingest/request.h"
#include "gateway/base/limits.h"
#include "gateway/event/json_text.h"
#include "tests/fuzz/require.h"

namespace tidegate::ingest {

namespace {

constexpr std::size_t kBodyMax = 4096;
constexpr std::size_t kEventsMax = 50;

using test::require;

/// What one connection came to.
struct Outcome {
  std::vector<int> statuses;
  std::vector<Event> events;
};

/// Reads a whole request; false when the connection is over.
bool read_request(std::string_view& input, std::size_t step, Outcome& outcome) {
  RequestReader reader(kBodyMax);
  std::size_t have = 0;
  while (!reader.done() && !reader.refused()) {
    const bool at_end = have == input.size();
    const std::size_t used = reader.feed(input.substr(0, have));
    require(used <= have);
    require(reader.body().size() <= kBodyMax);
    input.remove_prefix(used);
    have -= used;
    if (used > 0 && !reader.done() && !reader.refused()) continue;
    if (at_end && used == 0) break;
    if (used == 0) have = std::min(input.size(), have + step);
  }
  if (reader.refused()) outcome.statuses.push_back(reader.refused()->status);
  if (reader.refused() || !reader.done()) return false;
  const auto call = understand(reader.head());
  if (const auto* refused = std::get_if<Refusal>(&call)) {
    require(is_embeddable_json(refusal_json(*refused)));
    outcome.statuses.push_back(refused->status);
    return reader.keeps_connection();
  }
  std::vector<Event> events;
  const auto refused = read_events(std::get<Call>(call), reader.head(), reader.body(), "http/t", kEventsMax, events);
  require(events.size() <= kEventsMax);
  outcome.statuses.push_back(refused ? refused->status : 202);
  if (refused) {
    require(is_embeddable_json(refusal_json(*refused)));
    return reader.keeps_connection();
  }
  for (Event& event : events) {
    require(check_event(event).has_value());
    require(!event.subject.empty());
    outcome.events.push_back(std::move(event));
  }
  return reader.keeps_connection();
}

Outcome serve(std::string_view input, std::size_t step) {
  Outcome outcome;
  while (!input.empty() && read_request(input, step, outcome)) {
  }
  return outcome;
}

}  // namespace

void receive_any_bytes(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t step = 1 + static_cast<unsigned char>(bytes[0]) % 64;
  bytes.remove_prefix(1);
  const Outcome cut = serve(bytes, step);
  Outcome whole = serve(bytes, bytes.size());
  require(cut.events == whole.events);
  // A header that has no end yet may be found wrong sooner when more of it is there at once.
  if (whole.statuses.size() == cut.statuses.size() + 1 && whole.statuses.back() != 202) whole.statuses.pop_back();
  require(cut.statuses == whole.statuses);
}

}  // namespace tidegate::ingest
