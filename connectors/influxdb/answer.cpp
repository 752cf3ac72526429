#include "connectors/influxdb/answer.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "connectors/http/judge.h"
#include "connectors/http/limits.h"
#include "connectors/stores/store.h"

namespace tidegate::influxdb {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kPartial = "partial write";

std::optional<std::size_t> number_after(std::string_view text, std::string_view before) {
  const std::size_t at = text.rfind(before);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + before.size());
  std::size_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::string text_in(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (!object.is_object() || found == object.end() || !found->is_string()) return {};
  return http::excerpt(found->get_ref<const std::string&>(), limits::kHttpExcerptBytesMax);
}

std::optional<std::size_t> number_in(const Json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::size_t>();
}

}  // namespace

Refusal read_refusal(std::string_view body) {
  Refusal refusal;
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return refusal;
  std::string said = text_in(json, "error");
  if (said.empty()) said = text_in(json, "message");
  refusal.others_taken = said.starts_with(kPartial);
  refusal.dropped = number_after(said, "dropped=");
  if (const auto line = number_in(json, "line")) refusal.lines.push_back({*line, said});
  const auto data = json.find("data");
  if (data == json.end() || !data->is_array()) return refusal;
  for (const Json& each : *data) {
    if (const auto line = number_in(each, "line_number")) {
      refusal.lines.push_back({*line, text_in(each, "error_message")});
    }
  }
  return refusal;
}

Settled judge_refusal(const http::Reply& reply, http::Events events) {
  const std::string reason = stores::reason_of(reply);
  const auto verdict = [&](Fate fate) {
    return http::settled({{fate, reason}, Cause::poison_suspected, std::nullopt});
  };
  if (events.size() == 1) return verdict(Fate::rejected);
  const Refusal refusal = reply.cut ? Refusal() : read_refusal(reply.body);
  if (refusal.dropped == events.size()) {
    return {{}, std::vector<Outcome>(events.size(), {Fate::rejected, reason}), Cause::none, std::nullopt};
  }
  // Without a line nobody knows which: in smaller requests those that were taken write the same points again.
  if (refusal.lines.empty()) return verdict(Fate::retry);
  Settled settled;
  const Fate others = refusal.others_taken ? Fate::delivered : Fate::retry;
  settled.outcomes.assign(events.size(), {others, others == Fate::delivered ? "" : reason});
  for (const RefusedLine& line : refusal.lines) {
    if (line.number == 0 || line.number > events.size()) return verdict(Fate::retry);
    settled.outcomes[line.number - 1] = {Fate::rejected, "HTTP " + std::to_string(reply.status) + ": " + line.why};
  }
  return settled;
}

}  // namespace tidegate::influxdb
