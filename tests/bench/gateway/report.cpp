#include "tests/bench/gateway/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support/process/process.h"

namespace tidegate::bench {
namespace {

std::string number(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  return value >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

std::string_view words(Bound bound) {
  switch (bound) {
    case Bound::at_least: return "at least";
    case Bound::at_most: return "at most";
    case Bound::none: return "";
  }
  return "";
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

double Row::median() const { return quantile(samples, 0.5); }

bool Row::pass() const {
  if (samples.empty()) return false;
  if (bound == Bound::at_least) return median() >= target;
  return bound == Bound::none || median() <= target;
}

void print_table(const std::vector<Row>& rows) {
  fmt::print("\n{:<58} {:>10} {:<9} {:<16} {}\n", "what", "median", "unit", "target", "samples");
  for (const auto& row : rows) {
    std::string samples;
    for (const double sample : row.samples) samples += number(sample) + ' ';
    const std::string target =
        row.bound == Bound::none ? "" : fmt::format("{} {}", words(row.bound), number(row.target));
    const std::string_view verdict = row.bound == Bound::none ? "    " : row.pass() ? "ok  " : "FAIL";
    fmt::print("{:<58} {:>10} {:<9} {:<16} {} {}\n", row.what, number(row.median()), row.unit, target, verdict,
               samples);
  }
}

void write_json(const std::vector<Row>& rows, const std::filesystem::path& path) {
  nlohmann::json out = {{"rows", nlohmann::json::array()}};
  for (const auto& row : rows) {
    out["rows"].push_back({{"what", row.what},
                           {"unit", row.unit},
                           {"median", row.median()},
                           {"samples", row.samples},
                           {"bound", words(row.bound)},
                           {"target", row.target},
                           {"pass", row.pass()}});
  }
  test::write_file(path, out.dump(2) + "\n");
}

}  // namespace tidegate::bench
