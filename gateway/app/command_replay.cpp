#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "gateway/admin/status.h"
#include "gateway/app/commands.h"
#include "gateway/app/interrupts.h"
#include "gateway/app/live_gateway.h"
#include "gateway/app/load.h"
#include "gateway/app/replay_text.h"
#include "gateway/config/scalars.h"
#include "gateway/event/rfc3339.h"

namespace tidegate {

using nlohmann::json;

namespace {

/// Soon enough for a person, and little work for the gateway.
constexpr milliseconds kPollInterval{200};

/// A moment as somebody types it. *Errors*: invalid.
Result<WallTime> read_moment(const char* option, const std::string& text) {
  if (const auto back = read_duration(text)) return SystemClock{}.wall() - *back;
  if (const auto time = read_time(text)) return *time;
  return Error{
      ErrorCode::invalid,
      fmt::format("{}: \"{}\" is neither a time as in 2026-05-01T06:00:00Z nor a span back as in 2h", option, text)};
}

Result<json> request_of(const ReplayChoice& choice) {
  if (choice.route.empty() || choice.since.empty())
    return Error{ErrorCode::invalid, "a replay needs --route and --since"};
  const auto since = read_moment("--since", choice.since);
  if (!since) return since.error();
  json out = {
      {"route", choice.route}, {"since", format_utc(*since)}, {"rate", choice.rate}, {"dry_run", choice.dry_run}};
  if (!choice.until.empty()) {
    const auto until = read_moment("--until", choice.until);
    if (!until) return until.error();
    out["until"] = format_utc(*until);
  }
  if (!choice.where.empty()) out["where"] = choice.where;
  if (!choice.sink.empty()) out["to"] = choice.sink;
  return out;
}

Result<std::uint64_t> begin(const LiveGateway& gateway, const json& request) {
  const auto answer =
      gateway.call_text("POST", "/v1/replays", request.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!answer) return answer.error();
  const json document = json::parse(*answer, nullptr, false);
  if (!document.is_object()) return Error{ErrorCode::io, "the gateway's answer was not understood"};
  return document.value("replay", std::uint64_t{0});
}

bool at_terminal() { return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0; }

/// The line at the terminal that is written over again and again.
void show_progress(const json& replay) {
  std::fprintf(stderr, "\r\x1b[K%s", replay_progress(replay).c_str());
  std::fflush(stderr);
}

/// Whether an interrupted command takes its replay along. Without a terminal, whoever ended the command meant the
/// replay.
bool cancels(std::uint64_t number) {
  if (!at_terminal()) return true;
  std::fprintf(stderr, "\nCancel replay %llu? Otherwise it goes on in the gateway. [y/N] ",
               static_cast<unsigned long long>(number));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

/// Follows a replay to its end. *Errors*: the gateway does not answer any more.
Result<json> followed(const LiveGateway& gateway, std::uint64_t number, Interrupts& interrupts) {
  const std::string target = fmt::format("/v1/replays/{}", number);
  const bool shows = at_terminal();
  for (;;) {
    auto replay = gateway.call("GET", target);
    if (!replay)
      return replay.error().in(fmt::format("replay {} goes on in the gateway, also after a restart, but", number));
    if (shows) show_progress(*replay);
    const std::string state = replay->value("state", "");
    if (state != "running" && state != "waiting") {
      if (shows) std::fputs("\r\x1b[K", stderr);
      return replay;
    }
    if (!interrupts.within(kPollInterval)) continue;
    if (!cancels(number)) return replay;
    if (const auto cancelled = gateway.call_text("DELETE", target); !cancelled) return cancelled.error();
    return gateway.call("GET", target);
  }
}

int list(const LiveGateway& gateway, bool as_json) {
  const auto answer = gateway.call("GET", "/v1/replays");
  if (!answer) return failed(answer.error());
  const json& replays = answer->at("replays");
  std::string text;
  for (const json& replay : replays) text += replay.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  if (!as_json) text = replays.empty() ? "no replays since the start\n" : replay_table(replays);
  return print(text) ? kExitFine : kExitFailed;
}

int cancel(const LiveGateway& gateway, std::uint64_t number) {
  const auto cancelled = gateway.call_text("DELETE", fmt::format("/v1/replays/{}", number));
  if (!cancelled) return failed(cancelled.error());
  return print(fmt::format("cancelled replay {}\n", number)) ? kExitFine : kExitFailed;
}

}  // namespace

int replay_command(const CommonOptions& common, const ReplayChoice& choice) {
  json request;
  if (!choice.list && !choice.cancel) {
    auto made = request_of(choice);
    if (!made) return failed(made.error());
    request = *std::move(made);
  }
  const std::optional<Config> config = load_for_command(common);
  if (!config) return kExitUsage;
  const auto gateway = LiveGateway::need(*config);
  if (!gateway) return failed(gateway.error());
  if (choice.list) return list(*gateway, common.json);
  if (choice.cancel) return cancel(*gateway, *choice.cancel);
  Interrupts interrupts;
  const auto number = begin(*gateway, request);
  if (!number) return failed(number.error());
  const auto replay = followed(*gateway, *number, interrupts);
  if (!replay) return failed(replay.error());
  const std::string text =
      common.json ? replay->dump(-1, ' ', false, json::error_handler_t::replace) + "\n" : replay_outcome(*replay);
  if (!print(text)) return kExitFailed;
  return replay->value("state", "") == "done" ? kExitFine : kExitFailed;
}

}  // namespace tidegate
