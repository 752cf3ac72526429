#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gateway/admin/call.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/json_text.h"

namespace tidegate {

using nlohmann::json;

namespace {

constexpr std::string_view kRoutes = "routes";

Result<TapRequest> tap_request(const std::string& body) {
  const Error wrong{ErrorCode::invalid,
                    R"(the body must be {"route": NAME, "where": PATTERN AS A STRING}, both optional)"};
  const json document = json::parse(body, nullptr, false);
  if (!document.is_object()) return wrong;
  TapRequest out;
  for (const auto& [key, value] : document.items()) {
    if (!value.is_string()) return wrong;
    if (key == "route") {
      out.route = value.get<std::string>();
    } else if (key == "where") {
      auto pattern = EventPattern::parse_json(value.get<std::string>());
      if (!pattern) return std::move(pattern).error().in("where");
      out.where = *std::move(pattern);
    } else {
      return wrong;
    }
  }
  return out;
}

void append_line(Tapped tapped, std::string& out) {
  // The producer's own attribute of that name steps aside, as those do that have a name of CloudEvents itself.
  const std::vector<std::string> names = extension_names(tapped.event);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == kRoutes) tapped.event.attributes[i].first = "xroutes";
  }
  const std::size_t begin = out.size();
  append_cloud_event(tapped.event, out);
  // Line breaks between the tokens of a payload are white space; inside strings JSON has none.
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), '\n', ' ');
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), '\r', ' ');
  out.back() = ',';
  append_json_string(kRoutes, out);
  out += ":[";
  for (const std::string& route : tapped.routes) {
    if (out.back() != '[') out += ',';
    append_json_string(route, out);
  }
  out += "]}\n";
}

}  // namespace

AdminResponse open_tap(const AdminCall& call) {
  const auto request = tap_request(call.request.body);
  if (!request) return error_response(request.error());
  const auto tap = call.backend.open_tap(*request);
  return tap ? ok_response(dumped({{"tap", *tap}})) : error_response(tap.error());
}

AdminResponse poll_tap(const AdminCall& call) {
  auto batch = call.backend.poll_tap(parse_whole_number(call.names[0]).value_or(0));
  if (!batch) return error_response(batch.error());
  std::string out;
  for (Tapped& tapped : batch->events) append_line(std::move(tapped), out);
  if (batch->missed > 0) out += fmt::format("{{\"missed\":{}}}\n", batch->missed);
  return {200, "application/x-ndjson", std::move(out), {}};
}

AdminResponse close_tap(const AdminCall& call) {
  const auto tap = parse_whole_number(call.names[0]).value_or(0);
  const Status closed = call.backend.close_tap(tap);
  return closed ? ok_response(dumped({{"closed", tap}})) : error_response(closed.error());
}

}  // namespace tidegate
