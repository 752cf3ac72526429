#include "tests/bench/figures/figures.h"

#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

namespace tidegate::bench {

void print(const Figures& figures, int decimals, bool json) {
  std::string text;
  for (const auto& [name, unit, value] : figures) {
    text += json ? fmt::format("{}\"{}\": {{\"value\": {:.{}f}, \"unit\": \"{}\"}}", text.empty() ? "{" : ", ", name,
                               value, decimals, unit)
                 : fmt::format("{:<50} {:>14.{}f} {}\n", name, value, decimals, unit);
  }
  std::fputs((text + (json ? "}\n" : "")).c_str(), stdout);
}

int measure_and_print(int argc, char** argv, const std::string& about, int runs,
                      Figures (*measure)(const Arguments& arguments), int decimals) {
  Arguments arguments{runs, false, false};
  CLI::App app(about);
  app.add_option("--runs", arguments.runs, "Of each figure the median of so many")->check(CLI::PositiveNumber);
  app.add_flag("--quick", arguments.quick, "Small: does it work, not how fast is it");
  app.add_flag("--json", arguments.json, "The figures as JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  print(measure(arguments), decimals, arguments.json);
  return 0;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace tidegate::bench
