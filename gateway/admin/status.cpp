#include "gateway/admin/status.h"

#include <nlohmann/json.hpp>

#include "gateway/event/cloud_events.h"
#include "gateway/event/rfc3339.h"

namespace tidegate {

using nlohmann::json;

namespace {

json books(const LaneLedger& ledger) {
  return {{"received", ledger.received}, {"delivered", ledger.delivered},
          {"filtered", ledger.filtered}, {"dead", ledger.dead},
          {"expired", ledger.expired},   {"evicted", ledger.evicted},
          {"pending", ledger.pending},   {"lost", ledger.lost}};
}

json books(const SourceLedger& ledger) {
  return {{"received", ledger.received},
          {"routed", ledger.routed},
          {"filtered", ledger.filtered},
          {"evicted", ledger.evicted},
          {"repeats", ledger.repeats}};
}

template <class Map>
auto value_or_zero(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? typename Map::mapped_type{} : found->second;
}

void put_health(json& row, const StatusReport& report, const std::string& component) {
  const auto found = report.health.find(component);
  if (found == report.health.end()) return;
  row["state"] = name_of(found->second.state);
  row["detail"] = found->second.detail;
  row["since"] = format_utc(found->second.since);
}

json source_rows(const StatusReport& report) {
  json rows = json::array();
  std::map<std::string, std::string> types;
  for (const auto& source : report.sources) types[source.name] = source.type;
  for (const auto& [name, ledger] : report.spool.sources) types.try_emplace(name, "");
  for (const auto& [name, type] : types) {
    json row = {{"name", name}, {"configured", !type.empty()}};
    if (!type.empty()) row["type"] = type;
    row["ledger"] = books(value_or_zero(report.spool.sources, name));
    put_health(row, report, "source " + name);
    rows.push_back(std::move(row));
  }
  return rows;
}

void put_orphan(json& row, const Orphan& orphan) {
  if (orphan.leaving == Orphan::Leaving::dropped) row["leaving"] = "dropped";
  if (orphan.leaving != Orphan::Leaving::adopted) return;
  row["leaving"] = "adopted";
  row["adopted_by"] = orphan.adopted_by;
}

json lane_rows(const StatusReport& report) {
  json rows = json::array();
  std::map<std::string, const StatusReport::LaneRow*> lanes;
  for (const auto& lane : report.lanes) lanes[lane.route + "/" + lane.sink] = &lane;
  for (const auto& [name, ledger] : report.spool.lanes) lanes.try_emplace(name, nullptr);
  for (const auto& [name, lane] : lanes) {
    json row = {{"name", name}, {"configured", lane != nullptr}};
    if (lane != nullptr) row["type"] = lane->type;
    if (const auto orphan = report.spool.orphans.find(name); orphan != report.spool.orphans.end())
      put_orphan(row, orphan->second);
    if (lane != nullptr && lane->oldest_pending) row["oldest_pending_s"] = lane->oldest_pending->count();
    row["ledger"] = books(value_or_zero(report.spool.lanes, name));
    row["deferred"] = value_or_zero(report.spool.deferred, name);
    row["dead_letters"] = value_or_zero(report.spool.dead_letters, name);
    put_health(row, report, "lane " + name);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

json to_json(const StatusReport& report) {
  json out = {{"version", report.version},
              {"gateway_id", report.gateway_id},
              {"data_dir", report.data_dir},
              {"live", report.live},
              {"time", format_utc(report.now)}};
  if (report.live) {
    out["ready"] = report.ready;
    out["stopping"] = report.stopping;
    out["uptime_s"] = report.uptime.count();
  }
  const SpoolSnapshot& spool = report.spool;
  out["spool"] = {{"bytes_used", spool.bytes_used}, {"bytes_max", spool.bytes_max}, {"commits", spool.commits},
                  {"last_seq", spool.last.value},   {"full", spool.full},           {"trouble", spool.trouble}};
  put_health(out["spool"], report, "spool");
  out["sources"] = source_rows(report);
  out["lanes"] = lane_rows(report);
  json health = json::object();
  for (const auto& [component, entry] : report.health) {
    health[component] = {{"state", name_of(entry.state)}, {"detail", entry.detail}, {"since", format_utc(entry.since)}};
  }
  out["health"] = std::move(health);
  return out;
}

std::string dead_letter_json(const DeadLetter& letter, bool whole) {
  const DeadEvent& dead = letter.dead;
  const json head = {{"number", letter.number},
                     {"lane", letter.lane},
                     {"why", name_of(dead.why)},
                     {"reason", dead.reason},
                     {"attempts", dead.attempts},
                     {"first_failure", format_utc(dead.first_failure)},
                     {"last_failure", format_utc(dead.last_failure)},
                     {"seq", dead.seq.value},
                     {"id", dead.event.id},
                     {"subject", dead.event.subject},
                     {"time", format_utc(dead.event.time)},
                     {"data_bytes", dead.event.data.size()}};
  std::string out = head.dump(-1, ' ', false, json::error_handler_t::replace);
  if (whole) {
    out.back() = ',';
    out += "\"event\":";
    append_cloud_event(dead.event, out);
    out += '}';
  }
  return out;
}

std::string_view name_of(DeadReason why) noexcept {
  switch (why) {
    case DeadReason::rejected: return "rejected";
    case DeadReason::expired: return "expired";
    case DeadReason::attempts: return "attempts";
  }
  return "unknown";
}

}  // namespace tidegate
