#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "gateway/admin/call.h"
#include "gateway/event/rfc3339.h"

namespace tidegate {

using nlohmann::json;

namespace {

Error wrong_body() {
  return {
      ErrorCode::invalid,
      R"(the body must be {"route": NAME, "since": TIME} and may have "until": TIME, "where": PATTERN AS A STRING, )"
      R"("to": SINK, "rate": WHOLE NUMBER, "dry_run": true; a TIME is RFC 3339)"};
}

/// False when the member is none of a request, or of the wrong kind.
bool read_member(const std::string& key, const json& value, ReplayRequest& out) {
  if (key == "rate" && value.is_number_unsigned()) {
    out.rate = value.get<std::uint64_t>();
    return true;
  }
  if (key == "dry_run" && value.is_boolean()) {
    out.dry_run = value.get<bool>();
    return true;
  }
  if (!value.is_string()) return false;
  const auto text = value.get<std::string>();
  if (key == "route") {
    out.route = text;
  } else if (key == "to") {
    out.sink = text;
  } else if (key == "where") {
    out.where = text;
  } else if (key == "since" || key == "until") {
    const auto time = parse_rfc3339(text);
    if (!time) return false;
    if (key == "since") out.since = *time;
    if (key == "until") out.until = time;
  } else {
    return false;
  }
  return true;
}

Result<ReplayRequest> replay_request(const std::string& body) {
  const json document = json::parse(body, nullptr, false);
  if (!document.is_object() || !document.contains("route") || !document.contains("since")) return wrong_body();
  ReplayRequest out;
  for (const auto& [key, value] : document.items()) {
    if (!read_member(key, value, out)) return wrong_body();
  }
  return out;
}

json to_json(const ReplayReport& report) {
  const ReplayRequest& request = report.request;
  json out = {{"replay", report.number},
              {"route", request.route},
              {"since", format_utc(request.since)},
              {"rate", request.rate},
              {"dry_run", request.dry_run},
              {"state", name_of(report.state)},
              {"detail", report.detail},
              {"percent", std::floor(std::clamp(report.share, 0.0, 1.0) * 100)},
              {"copied", report.copied},
              {"pending", report.pending},
              {"expired", report.expired},
              {"unreadable", report.unreadable}};
  if (!request.sink.empty()) out["to"] = request.sink;
  if (request.until) out["until"] = format_utc(*request.until);
  if (!request.where.empty()) out["where"] = request.where;
  if (report.log_begins) out["log_begins"] = format_utc(*report.log_begins);
  return out;
}

std::uint64_t number_of(const AdminCall& call) { return parse_whole_number(call.names[0]).value_or(0); }

}  // namespace

AdminResponse list_replays(const AdminCall& call) {
  const auto reports = call.backend.replays();
  if (!reports) return error_response(reports.error());
  json rows = json::array();
  for (const ReplayReport& report : *reports) rows.push_back(to_json(report));
  return ok_response(dumped({{"replays", std::move(rows)}}));
}

AdminResponse begin_replay(const AdminCall& call) {
  auto request = replay_request(call.request.body);
  if (!request) return error_response(request.error());
  const auto number = call.backend.begin_replay(*std::move(request));
  return number ? ok_response(dumped({{"replay", *number}})) : error_response(number.error());
}

AdminResponse show_replay(const AdminCall& call) {
  const auto report = call.backend.replay(number_of(call));
  return report ? ok_response(dumped(to_json(*report))) : error_response(report.error());
}

AdminResponse cancel_replay(const AdminCall& call) {
  const Status cancelled = call.backend.cancel_replay(number_of(call));
  return cancelled ? ok_response(dumped({{"cancelled", number_of(call)}})) : error_response(cancelled.error());
}

}  // namespace tidegate
