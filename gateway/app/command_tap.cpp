#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "gateway/app/commands.h"
#include "gateway/app/interrupts.h"
#include "gateway/app/live_gateway.h"
#include "gateway/app/load.h"
#include "gateway/app/tap_text.h"

namespace tidegate {

using nlohmann::json;

namespace {

/// Soon enough for a person, and little work for the gateway.
constexpr milliseconds kPollInterval{200};

Result<std::uint64_t> open_tap(const LiveGateway& gateway, const TapChoice& choice) {
  json request = json::object();
  if (!choice.route.empty()) request["route"] = choice.route;
  if (!choice.where.empty()) request["where"] = choice.where;
  const auto answer =
      gateway.call_text("POST", "/v1/taps", request.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!answer) return answer.error();
  const json document = json::parse(*answer, nullptr, false);
  if (!document.is_object()) return Error{ErrorCode::io, "the gateway's answer was not understood"};
  return document.value("tap", std::uint64_t{0});
}

/// Shows what one poll brought. False: enough was shown, or nobody reads it any more.
bool show(std::string_view lines, const CommonOptions& common, const std::string& own_source, std::uint64_t& left) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (const auto missed = tap_missed(line)) {
      complain(fmt::format("missed {} events: they came faster than they could be shown", *missed));
      continue;
    }
    if (!print(common.json ? std::string(line) + "\n" : tap_text(line, own_source))) return false;
    if (left > 0 && --left == 0) return false;
  }
  return true;
}

}  // namespace

int tap_command(const CommonOptions& common, const TapChoice& choice) {
  const std::optional<Config> config = load_for_command(common);
  if (!config) return kExitUsage;
  const auto gateway = LiveGateway::need(*config);
  if (!gateway) return failed(gateway.error());
  Interrupts interrupts;
  const auto tap = open_tap(*gateway, choice);
  if (!tap) return failed(tap.error());
  const std::string target = fmt::format("/v1/taps/{}", *tap);
  const std::string own_source = "/" + config->gateway.id + "/";
  std::uint64_t left = choice.count;
  do {
    const auto lines = gateway->call_text("GET", target);
    if (!lines) return failed(lines.error());
    if (!show(*lines, common, own_source, left)) break;
  } while (!interrupts.within(kPollInterval));
  // Should this fail, the tap ends by itself soon.
  (void)gateway->call_text("DELETE", target);
  return kExitFine;
}

}  // namespace tidegate
