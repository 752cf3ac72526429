#include "gateway/base/metrics.h"

#include <fmt/format.h>

namespace tidegate {

namespace {

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string rendered(const Labels& labels) {
  if (labels.empty()) return {};
  std::string out = "{";
  for (const auto& [name, value] : labels) {
    if (out.size() > 1) out += ',';
    out += fmt::format("{}=\"{}\"", name, escaped(value));
  }
  return out + "}";
}

}  // namespace

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  const MutexLock lock(mutex_);
  Family& family = families_[std::string(name)];
  family.help = help;
  auto& slot = family.counters[std::move(labels)];
  if (!slot) slot = std::make_unique<Counter>();
  return *slot;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  const MutexLock lock(mutex_);
  Family& family = families_[std::string(name)];
  family.help = help;
  family.is_counter = false;
  auto& slot = family.gauges[std::move(labels)];
  if (!slot) slot = std::make_unique<Gauge>();
  return *slot;
}

std::optional<std::int64_t> Metrics::gauge_value(std::string_view name, const Labels& labels) const {
  const MutexLock lock(mutex_);
  const auto family = families_.find(name);
  if (family == families_.end()) return std::nullopt;
  const auto gauge = family->second.gauges.find(labels);
  if (gauge == family->second.gauges.end()) return std::nullopt;
  return gauge->second->value();
}

std::string Metrics::render() const {
  const MutexLock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out +=
        fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, family.is_counter ? "counter" : "gauge");
    for (const auto& [labels, counter] : family.counters)
      out += fmt::format("{}{} {}\n", name, rendered(labels), counter->value());
    for (const auto& [labels, gauge] : family.gauges)
      out += fmt::format("{}{} {}\n", name, rendered(labels), gauge->value());
  }
  return out;
}

}  // namespace tidegate
