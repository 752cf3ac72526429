#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "gateway/app/commands.h"
#include "gateway/app/limits.h"
#include "gateway/app/load.h"
#include "gateway/app/text_table.h"
#include "gateway/base/printable.h"
#include "gateway/config/scalars.h"
#include "gateway/event/rfc3339.h"
#include "gateway/routing/event_pattern.h"
#include "gateway/spool/spool.h"
#include "gateway/trial/route_diff.h"

namespace tidegate {

using nlohmann::json;

namespace {

/// The stored traffic that is compared, and what became of reading it.
struct Traffic {
  std::filesystem::path directory;
  WallTime since{};
  std::optional<EventPattern> where;
  std::uint64_t unreadable = 0;
  std::optional<WallTime> first;  ///< of the events that were compared
};

void show_progress(std::uint64_t events, bool done) {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  if (!terminal) return;
  fmt::print(stderr, "\r{} events ...", events);
  if (done) fmt::print(stderr, "\r\033[K");
}

/// Compares what is stored. *Errors*: those of LogScan.
Status compare(Traffic& traffic, RouteDiff& diff) {
  auto scan = LogScan::open(traffic.directory);
  if (!scan) return scan.error();
  while (true) {
    const auto page = scan->next(traffic.since, limits::kDiffPageBytes);
    if (!page) return page.error();
    traffic.unreadable += page->unreadable;
    for (const LoggedEvent& logged : page->events) {
      const std::string& source = scan->source_name(logged.source);
      // Copies, and what a reduction made of events: neither comes in by a source.
      if (is_internal_source(source)) continue;
      if (traffic.where && !traffic.where->matches(logged.event, {})) continue;
      if (!traffic.first) traffic.first = logged.committed_at;
      diff.add(logged.event, source);
    }
    show_progress(diff.events(), page->at_end);
    if (page->at_end) return {};
  }
}

void append_examples(std::string_view what, const RouteDiff::Lane& lane,
                     const std::vector<RouteDiff::Example>& examples, std::uint64_t count, std::string& out) {
  if (examples.empty()) return;
  out += fmt::format("\n{} {} {} event{}, such as\n", lane.name, what, count, count == 1 ? "" : "s");
  for (const RouteDiff::Example& example : examples) {
    out += fmt::format("  {}  {}  {}\n    {}\n", format_utc(example.time), printable(example.subject),
                       printable(example.id), printable(example.reason));
  }
}

std::string as_text(const RouteDiff& diff, const Traffic& traffic) {
  std::string out =
      fmt::format("{} event{} stored in {}", diff.events(), diff.events() == 1 ? "" : "s", traffic.directory.string());
  if (traffic.first) out += fmt::format(", from {} on", format_utc(*traffic.first));
  out += "\n\n";
  TextTable table({"ROUTE/SINK", ">OLD", ">NEW", ">LOST", ">GAINED", ""});
  for (const RouteDiff::Lane& lane : diff.lanes()) {
    const std::string note = !lane.before ? "new" : !lane.after ? "gone" : "";
    table.add({lane.name, std::to_string(lane.both + lane.only_before), std::to_string(lane.both + lane.only_after),
               std::to_string(lane.only_before), std::to_string(lane.only_after), note});
  }
  out += table.render();
  for (const RouteDiff::Lane& lane : diff.lanes()) {
    append_examples("loses", lane, lane.lost, lane.only_before, out);
    append_examples("gains", lane, lane.gained, lane.only_after, out);
  }
  if (diff.nowhere_now() > 0) {
    out += fmt::format("\n{} of the events would go nowhere any more.\n", diff.nowhere_now());
  }
  if (diff.same()) out += "\nNo difference.\n";
  return out;
}

json as_json(const std::vector<RouteDiff::Example>& examples) {
  json out = json::array();
  for (const RouteDiff::Example& example : examples) {
    out.push_back({{"time", format_utc(example.time)},
                   {"subject", example.subject},
                   {"id", example.id},
                   {"reason", example.reason}});
  }
  return out;
}

json as_json(const RouteDiff& diff, const Traffic& traffic) {
  json lanes = json::array();
  for (const RouteDiff::Lane& lane : diff.lanes()) {
    lanes.push_back({{"lane", lane.name},
                     {"in_old", lane.before},
                     {"in_new", lane.after},
                     {"both", lane.both},
                     {"lost", lane.only_before},
                     {"gained", lane.only_after},
                     {"lost_examples", as_json(lane.lost)},
                     {"gained_examples", as_json(lane.gained)}});
  }
  return {{"data_dir", traffic.directory.string()},
          {"events", diff.events()},
          {"unreadable", traffic.unreadable},
          {"same", diff.same()},
          {"nowhere_now", diff.nowhere_now()},
          {"somewhere_now", diff.somewhere_now()},
          {"lanes", std::move(lanes)}};
}

/// Reads the choices into `traffic`. A sentence when one is wrong.
std::optional<std::string> understand(const DiffChoice& choice, Traffic& traffic) {
  if (!choice.over.empty()) {
    const auto span = read_duration(choice.over);
    if (!span) return fmt::format("--over: {} {}", quote(choice.over), span.error().message);
    traffic.since = std::max(WallTime{}, SystemClock().wall() - *span);
  }
  if (!choice.where.empty()) {
    auto pattern = EventPattern::parse_json(choice.where);
    if (!pattern) return "--where: " + pattern.error().message;
    traffic.where = *std::move(pattern);
  }
  return std::nullopt;
}

}  // namespace

int diff_command(const DiffChoice& choice, bool json_text) {
  Traffic traffic;
  if (const auto wrong = understand(choice, traffic)) {
    complain(*wrong);
    return kExitUsage;
  }
  const auto before = load_for_command({choice.before, false});
  const auto after = load_for_command({choice.after, false});
  if (!before || !after) return kExitUsage;
  traffic.directory = choice.data_dir.empty() ? before->gateway.data_dir : choice.data_dir;
  RouteDiff diff(*before, *after, limits::kDiffExamplesMax);
  if (const Status compared = compare(traffic, diff); !compared) {
    complain(fmt::format("cannot read {}: {}", traffic.directory.string(), compared.error().message));
    return kExitFailed;
  }
  if (traffic.unreadable > 0) complain(fmt::format("{} events could not be read and are left out", traffic.unreadable));
  const std::string out = json_text ? as_json(diff, traffic).dump(2, ' ', false, json::error_handler_t::replace) + "\n"
                                    : as_text(diff, traffic);
  if (!print(out)) return kExitFailed;
  return choice.exit_code && !diff.same() ? kExitFailed : kExitFine;
}

}  // namespace tidegate
