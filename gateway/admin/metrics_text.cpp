#include "gateway/admin/metrics_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace tidegate {

namespace {

void head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void single(std::string& out, std::string_view name, std::string_view help, std::string_view type, std::uint64_t v) {
  head(out, name, help, type);
  out += fmt::format("{} {}\n", name, v);
}

/// Names in the config hold nothing that a label would have to escape.
std::string lane_labels(std::string_view lane) {
  const std::size_t slash = lane.find('/');
  return fmt::format("route=\"{}\",sink=\"{}\"", lane.substr(0, slash),
                     slash == std::string_view::npos ? std::string_view{} : lane.substr(slash + 1));
}

void source_books(std::string& out, const SpoolSnapshot& spool) {
  using Row = std::pair<std::string_view, std::uint64_t SourceLedger::*>;
  constexpr std::array<Row, 5> kRows = {{{"received", &SourceLedger::received},
                                         {"routed", &SourceLedger::routed},
                                         {"filtered", &SourceLedger::filtered},
                                         {"evicted", &SourceLedger::evicted},
                                         {"repeats", &SourceLedger::repeats}}};
  head(out, "tidegate_source_events_total", "Committed events of a source, by what became of them.", "counter");
  for (const auto& [name, ledger] : spool.sources) {
    for (const auto& [state, member] : kRows)
      out +=
          fmt::format("tidegate_source_events_total{{source=\"{}\",state=\"{}\"}} {}\n", name, state, ledger.*member);
  }
}

void lane_books(std::string& out, const SpoolSnapshot& spool) {
  using Row = std::pair<std::string_view, std::uint64_t LaneLedger::*>;
  constexpr std::array<Row, 7> kRows = {{{"received", &LaneLedger::received},
                                         {"delivered", &LaneLedger::delivered},
                                         {"filtered", &LaneLedger::filtered},
                                         {"dead", &LaneLedger::dead},
                                         {"expired", &LaneLedger::expired},
                                         {"evicted", &LaneLedger::evicted},
                                         {"lost", &LaneLedger::lost}}};
  head(out, "tidegate_lane_events_total", "Events of a lane, by what became of them.", "counter");
  for (const auto& [name, ledger] : spool.lanes) {
    for (const auto& [state, member] : kRows)
      out +=
          fmt::format("tidegate_lane_events_total{{{},state=\"{}\"}} {}\n", lane_labels(name), state, ledger.*member);
  }
  head(out, "tidegate_lane_pending_events", "Events that a lane has still to settle.", "gauge");
  for (const auto& [name, ledger] : spool.lanes)
    out += fmt::format("tidegate_lane_pending_events{{{}}} {}\n", lane_labels(name), ledger.pending);
  head(out, "tidegate_lane_dead_letters", "Dead letters that rest, waiting for a person.", "gauge");
  for (const auto& [name, count] : spool.dead_letters)
    out += fmt::format("tidegate_lane_dead_letters{{{}}} {}\n", lane_labels(name), count);
  head(out, "tidegate_lane_deferred_events", "Events that wait for their own retry.", "gauge");
  for (const auto& [name, count] : spool.deferred)
    out += fmt::format("tidegate_lane_deferred_events{{{}}} {}\n", lane_labels(name), count);
}

}  // namespace

std::string status_metrics_text(const StatusReport& report) {
  std::string out;
  head(out, "tidegate_build_version", "Always 1; the version is the label.", "gauge");
  out += fmt::format("tidegate_build_version{{version=\"{}\"}} 1\n", report.version);
  single(out, "tidegate_ready", "1 once the spool is open and the sources have started.", "gauge", report.ready);
  single(out, "tidegate_uptime_seconds", "Time since the start.", "gauge",
         static_cast<std::uint64_t>(report.uptime.count()));
  single(out, "tidegate_spool_used_bytes", "Disk that the spool uses.", "gauge", report.spool.bytes_used);
  single(out, "tidegate_spool_limit_bytes", "Disk that the spool may use.", "gauge", report.spool.bytes_max);
  single(out, "tidegate_spool_commits_total", "Commits since the start.", "counter", report.spool.commits);
  single(out, "tidegate_spool_full", "1 while the spool has no room.", "gauge", report.spool.full);
  source_books(out, report.spool);
  lane_books(out, report.spool);
  head(out, "tidegate_component_state", "1 for the state that a component is in.", "gauge");
  for (const auto& [component, entry] : report.health)
    out +=
        fmt::format("tidegate_component_state{{component=\"{}\",state=\"{}\"}} 1\n", component, name_of(entry.state));
  return out;
}

}  // namespace tidegate
