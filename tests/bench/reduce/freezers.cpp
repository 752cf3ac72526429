#include "tests/bench/reduce/freezers.h"

#include <fmt/format.h>

#include <utility>

namespace tidegate::bench {

namespace {

constexpr std::uint32_t kDefrostEveryS = 8 * 3600;
constexpr std::uint32_t kDefrostS = 15 * 60;
constexpr std::uint64_t kDoorEveryS = 5;

}  // namespace

Freezers::Freezers(std::size_t count, WallTime start, std::uint64_t seed) : random_(seed), now_(start) {
  for (std::size_t i = 1; i <= count; ++i) {
    Freezer& freezer = freezers_.emplace_back();
    freezer.name = fmt::format("cold/hall-{}/freezer-{:02}", (i + 19) / 20, i);
    freezer.temperature = -21 + noise(1);
    freezer.defrost_at_s = static_cast<std::uint32_t>(random_.below(kDefrostEveryS));
  }
}

double Freezers::noise(double most) { return most * (static_cast<double>(random_.below(2001)) / 1000 - 1); }

void Freezers::live(Freezer& freezer) {
  // Cools by 2 degrees in 6 minutes, warms by as much in 14.
  if (freezer.temperature > -20) freezer.cools = true;
  if (freezer.temperature < -22) freezer.cools = false;
  const bool defrosts = freezer.defrost_left_s > 0;
  if (defrosts) --freezer.defrost_left_s;
  if (second_ % kDefrostEveryS == freezer.defrost_at_s) freezer.defrost_left_s = kDefrostS;
  if (defrosts) {
    freezer.temperature += 4.0 / kDefrostS;
  } else {
    freezer.temperature += freezer.cools ? -2.0 / 360 : 2.0 / 840;
  }
  // Somebody comes about every 40 minutes, and keeps the door open for up to a minute.
  if (freezer.door_left_s > 0) {
    --freezer.door_left_s;
  } else if (random_.below(2400) == 0) {
    freezer.door_left_s = static_cast<std::uint32_t>(5 + random_.below(56));
  }
  freezer.door_open = freezer.door_left_s > 0;
  freezer.warm_air += freezer.door_open ? 0.05 : -freezer.warm_air / 120;
}

Event Freezers::report(const Freezer& freezer, const char* what, std::string data) {
  Event event;
  event.id = fmt::format("{:032x}", ++last_id_);
  event.source = "/cold-store-7/freezers";
  event.type = "tidegate.mqtt.message";
  event.subject = fmt::format("{}/{}", freezer.name, what);
  event.time = now_;
  event.datacontenttype = "application/json";
  event.data = std::move(data);
  event.attributes = {{"qos", "1"}, {"retained", "false"}};
  return event;
}

std::vector<Event> Freezers::next_second() {
  std::vector<Event> events;
  for (Freezer& freezer : freezers_) {
    live(freezer);
    const double temperature = freezer.temperature + freezer.warm_air + noise(0.1);
    events.push_back(
        report(freezer, "climate",
               fmt::format(R"({{"temperature":{:.2f},"humidity":{:.1f},"power":{:.0f}}})", temperature,
                           60 + 3 * freezer.warm_air + noise(0.5), (freezer.cools ? 410 : 35) + noise(6))));
    if (second_ % kDoorEveryS != 0) continue;
    events.push_back(report(freezer, "door", fmt::format(R"({{"open":{}}})", freezer.door_open)));
  }
  ++second_;
  now_ += milliseconds{1000};
  return events;
}

}  // namespace tidegate::bench
