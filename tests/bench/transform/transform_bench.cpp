#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/config/sections.h"
#include "gateway/transform/lane_shaper.h"
#include "tests/bench/patterns/plant.h"

/// Measures what a lane's shaper makes of 600-byte sensor events on one thread, from the event of the log to the one
/// that a sink gets: transform_bench [--runs N] [--quick] [--json]. Of each figure the median of the runs. Seconds are
/// those that the thread had of a processor.
namespace tidegate::bench {
namespace {

constexpr std::pair<std::string_view, std::string_view> kTransforms[] = {
    {"template", R"(
template: { id: "${data.id}", site: "${captures.site}", v: "${data.value}", at: "${time}" }
)"},
    {"template, nested and texts", R"(
template:
  sensor: { id: "${data.id}", model: "${data.device.model}", ip: "${data.device.ip}" }
  value: "${data.value}"
  unit: '${data.unit ?? "C"}'
  readings: "${data.readings}"
  where: "${captures.site}, building ${data.location.building}, floor ${data.location.floor}"
type: com.example.reading
subject: "${captures.site}/${data.id}"
set: { owner: "${data.tags.owner}", lot: "${data.lot?}" }
drop: retained
)"},
    {"time from a field", "time: { field: data.ts, max_behind: 876000h, max_ahead: 876000h }"},
    {"attributes only", "set: { site: \"${captures.site}\" }\ntype: com.example.reading\n"},
};

struct Arguments {
  int runs = 5;
  bool quick = false;
  bool json = false;
};

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::vector<StoredEvent> sensor_events() {
  constexpr std::size_t kDistinct = 4096;  // more than a processor learns by heart
  SeededRandom random(1);
  std::vector<StoredEvent> events(kDistinct);
  for (std::size_t i = 0; i < kDistinct; ++i) {
    events[i].seq = Seq{i + 1};
    events[i].event = sensor_event(random);
  }
  return events;
}

/// Events per second.
double rate(const TransformOptions& options, std::vector<StoredEvent>& events, std::size_t rounds) {
  const auto shaper = make_lane_shaper({*TopicFilter::parse("plant/{site}/sensor/{sensor}"), options});
  const double begin = processor_seconds();
  for (std::size_t round = 0; round < rounds; ++round) {
    std::span<StoredEvent> rest = events;
    while (!rest.empty()) {
      const std::vector<Shaped> shaped = shaper->shape(rest.first(std::min<std::size_t>(rest.size(), 512)), {});
      for (const Shaped& made : shaped) {
        if (made.kind == Shaped::Kind::pass) continue;
        fmt::print(stderr, "transform_bench: {}\n", made.reason);
        std::exit(1);
      }
      rest = rest.subspan(shaped.size());
    }
  }
  return static_cast<double>(rounds * events.size()) / (processor_seconds() - begin);
}

void measure_all(const Arguments& arguments) {
  std::vector<StoredEvent> events = sensor_events();
  std::string text;
  for (const auto& [name, yaml] : kTransforms) {
    const auto options = transform_options().parse_text(yaml);
    if (!options) {
      fmt::print(stderr, "transform_bench: {}\n", options.error().message);
      std::exit(1);
    }
    std::vector<double> rates;
    for (int run = 0; run < arguments.runs; ++run) rates.push_back(rate(*options, events, arguments.quick ? 2 : 100));
    std::ranges::sort(rates);
    const double median = rates[rates.size() / 2];
    text += arguments.json ? fmt::format("{}\"{}\": {{\"value\": {:.0f}, \"unit\": \"events/s\"}}",
                                         text.empty() ? "{" : ", ", name, median)
                           : fmt::format("{:<30} {:>10.0f} events/s\n", name, median);
  }
  std::fputs((text + (arguments.json ? "}\n" : "")).c_str(), stdout);
}

}  // namespace
}  // namespace tidegate::bench

int main(int argc, char** argv) {
  tidegate::bench::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json") {
      arguments.json = true;
    } else if (argument == "--quick") {
      arguments.quick = true;
    } else if (argument == "--runs" && i + 1 < argc) {
      arguments.runs = std::max(1, std::atoi(argv[++i]));
    } else {
      std::fputs("transform_bench [--runs N] [--quick] [--json]\n", stderr);
      return 2;
    }
  }
  tidegate::bench::measure_all(arguments);
}
