#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/config/sections.h"
#include "gateway/transform/lane_shaper.h"
#include "tests/bench/figures/figures.h"
#include "tests/bench/patterns/plant.h"

/// Measures what a lane's shaper makes of 600-byte sensor events on one thread, from the event of the log to the one
/// that a sink gets. Seconds are those that the thread had of a processor.
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

Figures measure_all(const Arguments& arguments) {
  std::vector<StoredEvent> events = sensor_events();
  Figures figures;
  for (const auto& [name, yaml] : kTransforms) {
    const auto options = transform_options().parse_text(yaml);
    if (!options) {
      fmt::print(stderr, "transform_bench: {}\n", options.error().message);
      std::exit(1);
    }
    std::vector<double> rates;
    for (int run = 0; run < arguments.runs; ++run) rates.push_back(rate(*options, events, arguments.quick ? 2 : 100));
    figures.push_back({std::string(name), "events/s", median(rates)});
  }
  return figures;
}

}  // namespace
}  // namespace tidegate::bench

int main(int argc, char** argv) {
  using namespace tidegate::bench;
  return measure_and_print(argc, argv, "What a lane's shaper makes of 600-byte sensor events on one thread.", 5,
                           measure_all);
}
