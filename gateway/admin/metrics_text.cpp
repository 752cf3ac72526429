#include "gateway/admin/metrics_text.h"

#include <fmt/format.h>

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

void resting(std::string& out, const SpoolSnapshot& spool) {
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
  single(out, "tidegate_spool_limit_bytes", "Disk that the spool may use.", "gauge", report.spool.bytes_max);
  single(out, "tidegate_spool_full", "1 while the spool has no room.", "gauge", report.spool.full);
  resting(out, report.spool);
  head(out, "tidegate_component_state", "1 for the state that a component is in.", "gauge");
  for (const auto& [component, entry] : report.health)
    out +=
        fmt::format("tidegate_component_state{{component=\"{}\",state=\"{}\"}} 1\n", component, name_of(entry.state));
  return out;
}

}  // namespace tidegate
