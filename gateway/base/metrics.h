#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/mutex.h"

namespace tidegate {

/// Label names and values in the order they are printed. Values come from the config, never from data.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// A number that only grows, or (gauge) that is set. *Threads*: safe from any; never blocks.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};
class Gauge {
 public:
  void set(std::int64_t v) noexcept { value_.store(v, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Every metric of the process. A metric lives as long as the registry; asking again for the same name and labels
/// gives the same object. Names are `tidegate_` + noun + unit (+ `_total` for counters). *Threads*: safe from any.
class Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {}) EXCLUDES(mutex_);
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {}) EXCLUDES(mutex_);

  /// What a gauge shows; nullopt when nobody has asked for it yet.
  [[nodiscard]] std::optional<std::int64_t> gauge_value(std::string_view name, const Labels& labels) const
      EXCLUDES(mutex_);

  /// The whole registry in Prometheus text format 0.0.4.
  [[nodiscard]] std::string render() const EXCLUDES(mutex_);

 private:
  struct Family {
    std::string help;
    bool is_counter = true;
    std::map<Labels, std::unique_ptr<Counter>> counters;
    std::map<Labels, std::unique_ptr<Gauge>> gauges;
  };
  mutable Mutex mutex_;
  std::map<std::string, Family, std::less<>> families_ GUARDED_BY(mutex_);
};

}  // namespace tidegate
