#include "connectors/elasticsearch/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "connectors/http/judge.h"
#include "connectors/http/limits.h"
#include "connectors/outcomes.h"
#include "connectors/stores/store.h"

namespace tidegate::elasticsearch {

namespace {

using Json = nlohmann::json;

struct Item {
  int status = 0;  ///< 0: it has none
  std::string type, reason;
};

std::string text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// An item is an object with one member, named after the action.
Item read_item(const Json& json) {
  Item item;
  if (!json.is_object() || json.size() != 1 || !json.begin()->is_object()) return item;
  const Json& result = *json.begin();
  const auto status = result.find("status");
  if (status != result.end() && status->is_number_integer()) item.status = status->get<int>();
  const auto error = result.find("error");
  if (error != result.end() && error->is_object()) {
    item.type = text_in(*error, "type");
    item.reason = text_in(*error, "reason");
  }
  return item;
}

struct Judged {
  Outcome outcome;
  Cause cause = Cause::none;
};

Judged judge_item(const Item& item, Action action) {
  if (item.status >= 200 && item.status < 300) return {{Fate::delivered, {}}, Cause::none};
  // Our id: an earlier sending of this event made it.
  if (item.status == 409 && action == Action::create) return {{Fate::delivered, {}}, Cause::none};
  std::string why =
      http::excerpt(fmt::format("{} {}: {}", item.status, item.type, item.reason), limits::kHttpExcerptBytesMax);
  const auto wait = [&](Cause cause) { return Judged{{Fate::retry, std::move(why)}, cause}; };
  if (item.status == 429) return wait(Cause::throttled);
  if (item.type == "security_exception" || item.status == 401) return wait(Cause::unauthorized);
  // The index is missing or blocked, or the config does not fit a data stream: not the event's fault.
  const bool mend_first = item.status == 403 || item.status == 404 || item.type == "cluster_block_exception" ||
                          item.reason.find("op_type of create") != std::string::npos;
  if (mend_first || item.status >= 500 || item.status < 400) return wait(Cause::peer_down);
  return {{Fate::rejected, std::move(why)}, Cause::none};
}

Settled for_all(Fate fate, std::string reason, Cause cause) {
  return http::settled({{fate, std::move(reason)}, cause, std::nullopt});
}

}  // namespace

Settled judge_items(const http::Reply& reply, http::Events events, Action action) {
  // What was taken is there under its id: to send it again does no harm.
  if (reply.cut && events.size() > 1) {
    return for_all(Fate::unknown, "the answer is longer than what is read of it", Cause::too_large);
  }
  const Json json = Json::parse(reply.body, nullptr, false);
  const auto items = json.is_object() ? json.find("items") : json.end();
  if (!json.is_object() || items == json.end() || !items->is_array() || items->size() != events.size()) {
    return for_all(Fate::unknown, stores::reason_of(reply) + ": not an answer to a bulk request", Cause::peer_down);
  }
  Settled settled;
  for (const Json& each : *items) {
    Judged judged = judge_item(read_item(each), action);
    settled.cause = graver(settled.cause, judged.cause);
    settled.outcomes.push_back(std::move(judged.outcome));
  }
  const auto taken = [](const Outcome& outcome) { return outcome.fate == Fate::delivered; };
  if (std::ranges::all_of(settled.outcomes, taken)) return for_all(Fate::delivered, {}, Cause::none);
  keep_order({events.begin(), events.end()}, settled.outcomes);
  return settled;
}

}  // namespace tidegate::elasticsearch
