#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "gateway/admin/status.h"
#include "gateway/app/commands.h"
#include "gateway/app/load.h"
#include "gateway/app/text_table.h"
#include "gateway/base/printable.h"
#include "gateway/spool/spool.h"

namespace tidegate {

using nlohmann::json;

namespace {

std::string tables(const SpoolSnapshot& books) {
  TextTable sources({"SOURCE", ">RECEIVED", ">ROUTED", ">FILTERED", ">EVICTED", ">REPEATS"});
  for (const auto& [name, l] : books.sources) {
    sources.add({name, std::to_string(l.received), std::to_string(l.routed), std::to_string(l.filtered),
                 std::to_string(l.evicted), std::to_string(l.repeats)});
  }
  TextTable lanes(
      {"ROUTE/SINK", ">RECEIVED", ">DELIVERED", ">FILTERED", ">DEAD", ">EXPIRED", ">EVICTED", ">PENDING", ">LOST"});
  for (const auto& [name, l] : books.lanes) {
    lanes.add({name, std::to_string(l.received), std::to_string(l.delivered), std::to_string(l.filtered),
               std::to_string(l.dead), std::to_string(l.expired), std::to_string(l.evicted), std::to_string(l.pending),
               std::to_string(l.lost)});
  }
  return sources.render() + "\n" + lanes.render() + "\n";
}

std::string verdict(const AuditReport& report, const std::string& directory) {
  if (report.faults.empty())
    return fmt::format("The books of {} balance: each event received is accounted for in every lane.\n", directory);
  std::string out;
  for (const std::string& fault : report.faults) out += "FAULT  " + printable(fault) + "\n";
  return out + fmt::format("The books of {} do NOT balance: {} fault{}. Keep a copy of the directory for analysis.\n",
                           directory, report.faults.size(), report.faults.size() == 1 ? "" : "s");
}

json as_json(const AuditReport& report, const std::string& directory) {
  StatusReport status;
  status.spool = report.books;
  const json shown = to_json(status);
  return {{"data_dir", directory},       {"balanced", report.faults.empty()}, {"faults", report.faults},
          {"sources", shown["sources"]}, {"lanes", shown["lanes"]},           {"spool", shown["spool"]}};
}

}  // namespace

int audit_command(const CommonOptions& common, const SpoolChoice& spool) {
  std::filesystem::path directory = spool.data_dir;
  if (directory.empty()) {
    const std::optional<Config> config = load_for_command(common);
    if (!config) return kExitUsage;
    directory = config->gateway.data_dir;
  }
  const auto report = audit(directory);
  if (!report) {
    complain(fmt::format("cannot audit {}: {}", directory.string(), report.error().message));
    return kExitFailed;
  }
  const std::string text =
      common.json ? as_json(*report, directory.string()).dump(2, ' ', false, json::error_handler_t::replace) + "\n"
                  : tables(report->books) + verdict(*report, directory.string());
  return print(text) && report->faults.empty() ? kExitFine : kExitFailed;
}

}  // namespace tidegate
