#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "gateway/app/commands.h"
#include "gateway/app/gateway_status.h"
#include "gateway/app/live_gateway.h"
#include "gateway/app/load.h"
#include "gateway/app/orphan_text.h"
#include "gateway/app/text_table.h"
#include "gateway/base/printable.h"

namespace tidegate {

using nlohmann::json;

namespace {

Status check_lane(const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash != 0 && slash != std::string::npos && slash + 1 < name.size() &&
      name.find_first_of("/?#%", slash + 1) == std::string::npos)
    return {};
  return Error{ErrorCode::invalid,
               fmt::format("{} is no lane; a lane is ROUTE/SINK, as `tidegate lanes list` shows it", printable(name))};
}

std::uint64_t count_in(const json& row, const char* key) { return row.value(key, std::uint64_t{0}); }

/// Asks the person at the terminal. *Errors*: invalid: there is none.
Result<bool> confirmed(const LiveGateway& gateway, const std::string& lane) {
  if (::isatty(STDIN_FILENO) == 0)
    return Error{ErrorCode::invalid, fmt::format("lanes drop removes what waits in {} for good: say --yes", lane)};
  const auto status = gateway.call("GET", "/v1/status");
  if (!status) return status.error();
  const json& lanes = status->at("lanes");
  const auto row = std::find_if(lanes.begin(), lanes.end(),
                                [&](const json& each) { return each.value("name", std::string{}) == lane; });
  // The gateway knows what is wrong with a lane that is no orphan.
  if (row == lanes.end() || row->value("configured", true)) return true;
  if (!print(fmt::format("Remove {} events and {} dead letters of lane {} for good? [y/N] ",
                         count_in(row->at("ledger"), "pending"), count_in(*row, "dead_letters"), lane)))
    return false;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

/// Has the gateway change the lane; how many events that concerned.
Result<std::uint64_t> changed(const LiveGateway& gateway, const std::string& lane, const std::string& verb,
                              const std::string& done, const std::string& body) {
  const auto answer = gateway.call_text("POST", "/v1/lanes/" + lane + "/" + verb, body);
  if (!answer) return answer.error();
  const json document = json::parse(*answer, nullptr, false);
  if (!document.is_object()) return Error{ErrorCode::io, "the gateway's answer was not understood"};
  return count_in(document, done.c_str());
}

}  // namespace

int lanes_list_command(const CommonOptions& common) {
  const std::optional<Config> config = load_for_command(common);
  if (!config) return kExitUsage;
  const auto status = gateway_status(*config);
  if (!status) return failed(status.error());
  std::string text;
  TextTable table({"LANE", "STATE", ">PENDING", ">DEAD"});
  for (const json& row : status->at("lanes")) {
    text += row.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    const bool configured = row.value("configured", true);
    table.add({printable(row.value("name", std::string{})), configured ? "in the config" : orphan_state(row),
               std::to_string(count_in(row.at("ledger"), "pending")), std::to_string(count_in(row, "dead_letters"))});
  }
  if (!common.json) text = table.render() + orphan_text(*status, common.config_file);
  return print(text) ? kExitFine : kExitFailed;
}

int lanes_adopt_command(const CommonOptions& common, const LaneChoice& choice) {
  for (const std::string* name : {&choice.lane, &choice.to}) {
    if (const Status fine = check_lane(*name); !fine) return failed(fine.error());
  }
  const std::optional<Config> config = load_for_command(common);
  if (!config) return kExitUsage;
  const auto gateway = LiveGateway::need(*config);
  if (!gateway) return failed(gateway.error());
  const auto adopted = changed(*gateway, choice.lane, "adopt", "adopted", json{{"to", choice.to}}.dump());
  if (!adopted) return failed(adopted.error());
  const std::string text = common.json ? json{{"adopted", *adopted}}.dump() + "\n"
                                       : fmt::format("{} events of {} go to {}, behind what waits there\n", *adopted,
                                                     choice.lane, choice.to);
  return print(text) ? kExitFine : kExitFailed;
}

int lanes_drop_command(const CommonOptions& common, const LaneChoice& choice) {
  if (const Status fine = check_lane(choice.lane); !fine) return failed(fine.error());
  const std::optional<Config> config = load_for_command(common);
  if (!config) return kExitUsage;
  const auto gateway = LiveGateway::need(*config);
  if (!gateway) return failed(gateway.error());
  if (!choice.yes) {
    const auto sure = confirmed(*gateway, choice.lane);
    if (!sure) return failed(sure.error());
    if (!*sure) return failed({ErrorCode::refused, "nothing was removed"});
  }
  const auto dropped = changed(*gateway, choice.lane, "drop", "dropped", {});
  if (!dropped) return failed(dropped.error());
  const std::string text = common.json
                               ? json{{"dropped", *dropped}}.dump() + "\n"
                               : fmt::format("dropped {} events and dead letters of {}\n", *dropped, choice.lane);
  return print(text) ? kExitFine : kExitFailed;
}

}  // namespace tidegate
