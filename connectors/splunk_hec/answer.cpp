#include "connectors/splunk_hec/answer.h"

#include <nlohmann/json.hpp>

#include "connectors/stores/store.h"

namespace tidegate::splunk_hec {

namespace {

using Json = nlohmann::json;

constexpr int kInvalidIndex = 7;
/// Channel missing, channel invalid, acknowledgement off, queries off: of the token or the request, not of an event.
constexpr bool is_about_token(int code) { return code == 10 || code == 11 || code == 14 || code == 16; }

}  // namespace

Answer read_answer(std::string_view body) {
  Answer answer;
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return answer;
  const auto code = json.find("code");
  if (code != json.end() && code->is_number_integer()) answer.code = code->get<int>();
  const auto number = json.find("invalid-event-number");
  if (number != json.end() && number->is_number_unsigned()) answer.invalid_event = number->get<std::size_t>();
  return answer;
}

Settled judge_refusal(const http::Reply& reply, http::Events events, bool own_index) {
  const Answer answer = read_answer(reply.body);
  if (is_about_token(answer.code)) {
    return stores::mend_first(reply, "; turn indexer acknowledgement off for the token");
  }
  if (answer.code == kInvalidIndex && !own_index) return stores::mend_first(reply);
  const std::string reason = stores::reason_of(reply);
  if (events.size() == 1 || !answer.invalid_event || *answer.invalid_event >= events.size()) {
    const Fate fate = events.size() == 1 ? Fate::rejected : Fate::retry;
    return http::settled({{fate, reason}, Cause::poison_suspected, std::nullopt});
  }
  // Splunk does not say whether it keeps those before the one that it names; those behind it were not looked at.
  Settled settled;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool named = i == *answer.invalid_event;
    const Fate others = i < *answer.invalid_event ? Fate::unknown : Fate::retry;
    settled.outcomes.push_back({named ? Fate::rejected : others, reason});
  }
  return settled;
}

}  // namespace tidegate::splunk_hec
