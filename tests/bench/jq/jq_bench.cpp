// jq_bench: what a jq program costs a lane. Prints JSON: {"NAME": {"value": N, "unit": "events/s"}}.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "gateway/transform/lane_shaper.h"
#include "tests/bench/figures/figures.h"

namespace tidegate::bench {
namespace {

/// As large as the reads of a lane.
constexpr std::size_t kEvents = 1'000;
constexpr std::size_t kRounds = 100;

std::vector<StoredEvent> readings() {
  std::vector<StoredEvent> events;
  for (std::size_t i = 0; i < kEvents; ++i) {
    Event event;
    event.id = fmt::format("0191c2f0-7b3a-7c00-8000-{:012}", i);
    event.source = "/plant-7/plant-floor";
    event.type = "tidegate.mqtt.message";
    event.subject = "sensors/north/freezer-12";
    event.datacontenttype = "application/json";
    event.attributes = {{"qos", "1"}};
    event.data = fmt::format(
        R"({{"device":"freezer-12","model":"TX-9000 rev C","firmware":"2.4.1","ts":{},"value":{:.2f},"unit":"degC",)"
        R"("quality":"good","battery":87,"rssi":-67,"uptime":81723,"location":{{"site":"north","hall":"2","rack":"b-17",)"
        R"("lat":52.5200,"lon":13.4050}},"door":{{"open":false,"openings":14,"since":1764350000}},)"
        R"("compressor":{{"on":true,"duty":0.43,"current":3.71,"starts":211}},"limits":{{"low":-25.0,"high":-15.0,)"
        R"("delay":300}},"alarms":[],"tags":["cold","audited","north","line-4"],"calibrated":"2026-03-01T08:00:00Z",)"
        R"("note":"evaporator cleaned, sensor moved to the upper shelf"}})",
        1764356400123 + i, -18.0 - static_cast<double>(i % 100) / 100);
    events.push_back({Seq{i + 1}, std::move(event)});
  }
  return events;
}

/// Events a second, or nothing when not all of them pass.
double rate(const std::string& program) {
  TransformOptions transform;
  transform.jq = JqSource{program, {}};
  const auto shaper = make_lane_shaper({*TopicFilter::parse("sensors/{site}/{device}"), std::move(transform)});
  std::vector<StoredEvent> events = readings();
  const auto pass = [&] {
    std::size_t passed = 0;
    for (std::size_t done = 0; done < events.size();) {
      const std::vector<Shaped> shaped = shaper->shape(std::span(events).subspan(done), {});
      done += shaped.size();
      passed += static_cast<std::size_t>(
          std::ranges::count(shaped, Shaped::Kind::pass, [](const Shaped& each) { return each.kind; }));
    }
    return passed;
  };
  if (pass() != kEvents) return 0;  // starts the process, too
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t round = 0; round < kRounds; ++round) pass();
  return kRounds * kEvents / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace
}  // namespace tidegate::bench

int main() {
  using namespace tidegate::bench;
  print({{"{id, v: .data.value}", "events/s", rate("{id, v: .data.value}")},
         {".data, the whole payload", "events/s", rate(".data")}},
        0, true);
  return EXIT_SUCCESS;
}
