#include "gateway/app/status_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "gateway/app/orphan_text.h"
#include "gateway/app/text_table.h"
#include "gateway/base/printable.h"

namespace tidegate {

using nlohmann::json;

namespace {

std::string text_in(const json& row, const char* key) { return printable(row.value(key, std::string{})); }

bool configured(const json& row) { return row.value("configured", true); }

std::string number_in(const json& row, const char* section, const char* key) {
  const json& figures = row.at(section);
  return std::to_string(figures.value(key, std::uint64_t{0}));
}

/// The state of a source or lane that is in the config.
std::string state_of(const json& row, bool live) {
  if (!live) return "-";
  const std::string state = text_in(row, "state");
  return state.empty() ? "starting" : state;
}

std::string first_line(const json& status, bool live) {
  std::string out = fmt::format("tidegate {}  {}", text_in(status, "version"), text_in(status, "gateway_id"));
  if (!live) return out + "  not running: this is what its spool holds\n";
  const char* state = status.value("stopping", false) ? "stopping"
                      : status.value("ready", false)  ? "ready"
                                                      : "starting";
  return out + fmt::format("  {}, up {}\n", state, format_span(status.value("uptime_s", std::int64_t{0})));
}

std::string spool_line(const json& spool) {
  const auto used = spool.value("bytes_used", std::uint64_t{0});
  const auto max = spool.value("bytes_max", std::uint64_t{0});
  std::string out = fmt::format("spool     {} of {}", format_bytes(used), format_bytes(max));
  if (spool.value("full", false)) out += ", FULL";
  const std::string trouble = text_in(spool, "trouble");
  if (!trouble.empty()) out += ", TROUBLE: " + trouble;
  return out + "\n";
}

std::string oldest_in(const json& lane) {
  const bool waits = lane.at("ledger").value("pending", std::uint64_t{0}) > 0;
  if (!waits || !lane.contains("oldest_pending_s")) return "-";
  return format_span(lane.value("oldest_pending_s", std::int64_t{0}));
}

/// One line for each component that is not well, with its reason.
std::string remarks(const json& status) {
  std::string out;
  if (!status.contains("health")) return out;
  for (const auto& [component, entry] : status.at("health").items()) {
    const std::string state = entry.value("state", std::string{});
    if (state == "ok" || state == "starting") continue;
    out += fmt::format("{} {} since {}: {}\n", state == "alarm" ? "ALARM" : "note ", printable(component),
                       text_in(entry, "since").substr(0, 19) + "Z", text_in(entry, "detail"));
  }
  return out.empty() ? out : "\n" + out;
}

}  // namespace

std::string status_text(const json& status) {
  const bool live = status.value("live", true);
  std::string out = first_line(status, live);
  out += "data dir  " + text_in(status, "data_dir") + "\n";
  out += spool_line(status.at("spool"));

  TextTable sources({"SOURCE", "TYPE", "STATE", ">RECEIVED", ">FILTERED", ">REPEATS"});
  for (const json& row : status.at("sources")) {
    sources.add({text_in(row, "name"), text_in(row, "type"), configured(row) ? state_of(row, live) : "not in config",
                 number_in(row, "ledger", "received"), number_in(row, "ledger", "filtered"),
                 number_in(row, "ledger", "repeats")});
  }
  TextTable lanes({"LANE", "TYPE", "STATE", ">PENDING", ">OLDEST", ">DELIVERED", ">DEAD"});
  for (const json& row : status.at("lanes")) {
    lanes.add({text_in(row, "name"), text_in(row, "type"), configured(row) ? state_of(row, live) : orphan_state(row),
               number_in(row, "ledger", "pending"), oldest_in(row), number_in(row, "ledger", "delivered"),
               std::to_string(row.value("dead_letters", std::uint64_t{0}))});
  }
  return out + "\n" + sources.render() + "\n" + lanes.render() + remarks(status);
}

}  // namespace tidegate
