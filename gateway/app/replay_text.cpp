#include "gateway/app/replay_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "gateway/app/text_table.h"
#include "gateway/base/printable.h"

namespace tidegate {

using nlohmann::json;

namespace {

std::string text_in(const json& row, const char* key) { return printable(row.value(key, std::string{})); }
std::uint64_t count_in(const json& row, const char* key) { return row.value(key, std::uint64_t{0}); }

std::string target_of(const json& row) {
  const std::string sink = text_in(row, "to");
  return sink.empty() ? text_in(row, "route") : text_in(row, "route") + "/" + sink;
}

}  // namespace

std::string replay_progress(const json& replay) {
  const std::string state = text_in(replay, "state");
  const std::string detail = text_in(replay, "detail");
  return fmt::format("{:>3} %  {} events  {}{}{}", replay.value("percent", 0), count_in(replay, "copied"), state,
                     detail.empty() ? "" : ": ", detail);
}

std::string replay_outcome(const json& replay) {
  const std::string state = text_in(replay, "state");
  const bool dry = replay.value("dry_run", false);
  std::string out =
      fmt::format("{}{} events of {} {}\n", state == "done" ? "" : "replay " + state + ": ", count_in(replay, "copied"),
                  target_of(replay), dry ? "would be sent again" : "go out again");
  if (const std::string detail = text_in(replay, "detail"); !detail.empty()) out += detail + "\n";
  if (const auto pending = count_in(replay, "pending"); pending > 0)
    out += fmt::format("{} are left out: they have yet to be delivered for the first time\n", pending);
  if (const auto expired = count_in(replay, "expired"); expired > 0)
    out += fmt::format("{} are left out: they are older than the sink's max_age\n", expired);
  if (const auto unreadable = count_in(replay, "unreadable"); unreadable > 0)
    out += fmt::format("{} events of the log could not be read\n", unreadable);
  if (replay.contains("log_begins"))
    out += fmt::format("the log begins at {}: what came before is no longer kept (spool.retain)\n",
                       text_in(replay, "log_begins"));
  return out;
}

std::string replay_table(const json& replays) {
  TextTable table({">REPLAY", "ROUTE", "STATE", ">EVENTS", ">%"});
  for (const json& row : replays) {
    table.add({std::to_string(count_in(row, "replay")), target_of(row),
               text_in(row, "state") + (row.value("dry_run", false) ? " (dry run)" : ""),
               std::to_string(count_in(row, "copied")), std::to_string(row.value("percent", 0))});
  }
  return table.render();
}

}  // namespace tidegate
