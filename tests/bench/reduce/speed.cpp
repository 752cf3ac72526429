#include "tests/bench/reduce/speed.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "gateway/base/random.h"
#include "gateway/transform/reduce/reducer.h"

namespace tidegate::bench {

namespace {

constexpr std::size_t kSensors = 200;
constexpr std::size_t kPayloadBytes = 600;
constexpr std::size_t kDistinct = 4096;

std::vector<StoredEvent> sensor_events(WallTime start) {
  SeededRandom random(1);
  std::vector<StoredEvent> events(kDistinct);
  for (std::size_t i = 0; i < kDistinct; ++i) {
    Event& event = events[i].event;
    event.id = fmt::format("{:032x}", i);
    event.subject = fmt::format("sensors/hall-{}/sensor-{:03}/state", i % 4, i % kSensors);
    event.time = start;
    event.data = fmt::format(
        R"({{"device":"sensor-{:03}","seq":{},"value":{:.2f},"unit":"C","open":{},"quality":"good","site":"plant-7",)"
        R"("limits":{{"low":-20.5,"high":85}},"note":")",
        i % kSensors, i, 20 + static_cast<double>(random.below(100)) / 100, random.below(2) == 0);
    event.data.append(kPayloadBytes - event.data.size() - 2, 'x');
    event.data += "\"}";
  }
  return events;
}

std::vector<std::pair<std::string, ReduceStep>> each_step() {
  const auto field = [](const char* name) { return std::vector{*EventField::parse(name)}; };
  std::vector<std::pair<std::string, ReduceStep>> steps(6);
  auto add = [&, next = std::size_t{0}](const char* name) mutable -> ReduceStep& {
    steps[next].first = name;
    return steps[next++].second;
  };
  DeadbandOptions& deadband = add("deadband").deadband.emplace();
  deadband.field = field("data.value");
  deadband.absolute = 0.5;
  add("changed").changed.emplace().fields = field("data.open");
  add("throttle").throttle.emplace();
  add("sample").sample.emplace();
  add("dedupe").dedupe.emplace();
  add("window").window.emplace().fields = field("data.value");
  return steps;
}

}  // namespace

Figures step_speeds(std::uint64_t events) {
  const WallTime start{std::chrono::sys_days{std::chrono::year{2026} / 5 / 1}};
  std::vector<StoredEvent> given = sensor_events(start);
  Figures speeds;
  for (const auto& [name, step] : each_step()) {
    Reducer reducer({{step}, *TopicFilter::parse("#"), "gateway/route/sink", {}});
    Instant now{SteadyTime{}, start};
    std::uint64_t seq = 0;
    const auto begin = std::chrono::steady_clock::now();
    while (seq < events) {
      for (StoredEvent& stored : given) {
        stored.seq = Seq{++seq};
        reducer.judge(stored, now.wall, now);
      }
      // A settlement for each read, and every sensor once a second.
      reducer.take_changes();
      now.wall += milliseconds{1000 * kDistinct / kSensors};
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    speeds.push_back({name, "events/s", static_cast<double>(seq) / took.count()});
  }
  return speeds;
}

}  // namespace tidegate::bench
