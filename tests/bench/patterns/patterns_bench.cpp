#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/pattern_matcher.h"
#include "tests/bench/figures/figures.h"
#include "tests/bench/patterns/plant.h"

/// Measures the pattern matcher on one thread, reading the payload included. Seconds are those that the thread had of a
/// processor: matching waits for nothing, and what else the machine does is left out.
namespace tidegate::bench {
namespace {

std::vector<PatternRule> rules_of(std::size_t count, const std::function<std::string(std::size_t)>& rule) {
  std::vector<PatternRule> rules;
  for (std::size_t i = 0; i < count; ++i) {
    auto pattern = EventPattern::parse_json(rule(i));
    if (!pattern) {
      fmt::print(stderr, "patterns_bench: {}\n", pattern.error().message);
      std::exit(1);
    }
    rules.push_back({*std::move(pattern)});
  }
  return rules;
}

std::vector<Event> events_of(Event (*make)(SeededRandom&)) {
  constexpr std::size_t kDistinct = 4096;  // more than a processor learns by heart
  SeededRandom random(1);
  std::vector<Event> events;
  while (events.size() < kDistinct) events.push_back(make(random));
  return events;
}

void measure(const Arguments& arguments, const std::string& name, const std::vector<Event>& events,
             const std::vector<PatternRule>& rules, Figures& figures) {
  const PatternMatcher matcher(rules);
  PatternMatcher::Scratch scratch;
  std::vector<std::uint32_t> matched;
  std::vector<double> rates;
  const std::size_t rounds = arguments.quick ? 2 : 100;
  std::size_t held = 0;
  std::size_t steps = 0;
  for (int run = 0; run < arguments.runs; ++run) {
    held = steps = 0;
    const double begin = processor_seconds();
    for (std::size_t round = 0; round < rounds; ++round) {
      for (const Event& event : events) {
        matched.clear();
        steps += matcher.match(event, scratch, matched);
        held += matched.size();
      }
    }
    rates.push_back(static_cast<double>(rounds * events.size()) / (processor_seconds() - begin));
  }
  const auto n = static_cast<double>(rounds * events.size());
  figures.push_back({name, "events/s", median(rates)});
  figures.push_back({name + ": rules that hold", "/event", static_cast<double>(held) / n});
  figures.push_back({name + ": steps", "/event", static_cast<double>(steps) / n});
}

/// From the text of the patterns to the matcher.
void measure_compiling(const Arguments& arguments, Figures& figures) {
  std::vector<std::string> texts;
  SeededRandom random(2);
  for (std::size_t i = 0; i < 10'000; ++i) texts.push_back(mixed_rule(i, random));
  std::vector<double> seconds;
  double bytes = 0;
  for (int run = 0; run < arguments.runs; ++run) {
    const auto before = mallinfo2();
    const double begin = processor_seconds();
    const PatternMatcher matcher(rules_of(texts.size(), [&](std::size_t i) { return texts[i]; }));
    seconds.push_back((processor_seconds() - begin));
    const auto after = mallinfo2();
    bytes = static_cast<double>(after.uordblks + after.hblkhd) - static_cast<double>(before.uordblks + before.hblkhd);
  }
  figures.push_back({"10,000 rules: compiling", "s", median(seconds)});
  figures.push_back({"10,000 rules: memory", "MiB", bytes / (1024 * 1024)});
}

Figures measure_all(const Arguments& arguments) {
  Figures figures;
  const auto sensors = events_of(sensor_event);
  for (const std::size_t count : {1, 10, 100, 1000, 10'000}) {
    SeededRandom random(2);
    const auto rules = rules_of(count, [&](std::size_t i) { return mixed_rule(i, random); });
    measure(arguments, fmt::format("600 bytes, mixed rules: {}", count), sensors, rules, figures);
  }
  measure(arguments, "1.3 KB nested, rules: 10", events_of(nested_event), rules_of(10, nested_rule), figures);
  measure(arguments, "600 bytes, numeric rules: 5", sensors, rules_of(5, numeric_rule), figures);
  measure(arguments, "1.3 KB, rules over arrays: 5", events_of(array_event), rules_of(5, array_rule), figures);
  measure_compiling(arguments, figures);
  return figures;
}

}  // namespace
}  // namespace tidegate::bench

int main(int argc, char** argv) {
  using namespace tidegate::bench;
  return measure_and_print(argc, argv, "The pattern matcher on one thread, reading the payload included.", 5,
                           measure_all, 3);
}
