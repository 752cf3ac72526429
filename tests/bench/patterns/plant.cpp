#include "tests/bench/patterns/plant.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace tidegate::bench {

namespace {

constexpr std::array<std::string_view, 5> kStates{"ok", "ok", "warning", "fault", "off"};
constexpr std::array<std::string_view, 4> kAreas{"cold-store", "packing", "dock", "boiler"};
constexpr std::array<std::string_view, 6> kModels{"TX-400", "TX-410", "HX-20", "PX-7", "VX-90", "LX-1"};
constexpr std::array<std::string_view, 4> kOwners{"Maintenance", "maintenance", "QUALITY", "Logistics"};

template <std::size_t n>
std::string_view pick(const std::array<std::string_view, n>& from, SeededRandom& random) {
  return from[random.below(n)];
}

double tenths(std::uint64_t tenths) { return static_cast<double>(tenths) / 10; }

Event event_of(std::string subject, std::string data) {
  Event event;
  event.id = "0192f0c1-7f00-7000-8000-000000000001";
  event.source = "/plant/floor";
  event.type = "reading";
  event.subject = std::move(subject);
  event.datacontenttype = "application/json";
  event.data = std::move(data);
  return event;
}

}  // namespace

Event sensor_event(SeededRandom& random) {
  const auto sensor = random.below(10'000);
  return event_of(
      fmt::format("plant/{}/sensor/{}", sensor % 50, sensor),
      fmt::format(
          R"({{"id":"sensor-{:05}","site":"plant-{}","area":"{}","device":{{"model":"{}","serial":"A{:05}-{}",)"
          R"("firmware":"2.{}.3","ip":"10.{}.{}.40"}},"ts":"2026-11-28T19:15:31.{:03}Z","seq":{},"value":{:.1f},)"
          R"("unit":"C","status":"{}","alarm":{},"battery":{{"level":{},"voltage":3.71,"charging":false}},)"
          R"("location":{{"lat":52.520008,"lon":13.404954,"alt":34.5,"building":"B{}","floor":{}}},)"
          R"("readings":{{"temperature":{:.1f},"humidity":{:.1f},"pressure":{:.2f},"vibration":0.0123}},)"
          R"("tags":{{"owner":"{}","line":"L{}","shift":"night","criticality":"high"}},"quality":"good",)"
          R"("message":"periodic reading from device"{}}})",
          sensor, sensor % 50, pick(kAreas, random), pick(kModels, random), sensor, sensor % 100, sensor % 20,
          sensor / 100, sensor % 100, random.below(1000), random.below(1'000'000), tenths(random.below(1000)),
          pick(kStates, random), random.below(2) == 0, random.below(101), random.below(9), random.below(6),
          tenths(random.below(400)), tenths(random.below(1000)), 900 + tenths(random.below(2000)),
          pick(kOwners, random), random.below(12),
          random.below(50) == 0 ? fmt::format(R"(,"error":{{"code":{}}})", random.below(100)) : ""));
}

Event nested_event(SeededRandom& random) {
  std::string zones;
  for (int i = 0; i < 6; ++i) {
    zones += fmt::format(
        R"({}"zone{}":{{"setpoint":{{"low":{:.1f},"high":{:.1f}}},"actual":{{"temperature":{{"value":{:.1f},"unit":"C",)"
        R"("sensor":"pt100-{}"}},"door":{{"open":{},"since":"2026-11-28T19:{:02}:31Z"}}}}}})",
        i > 0 ? "," : "", i, 2 + tenths(random.below(20)), 8 + tenths(random.below(20)), tenths(random.below(120)),
        random.below(100), random.below(2) == 0, random.below(60));
  }
  return event_of("plant/7/controller/3",
                  fmt::format(R"({{"controller":{{"id":"ctl-{}","model":"CX-9","network":{{"address":"10.1.{}.9",)"
                              R"("gateway":"10.1.0.1"}}}},"report":{{"kind":"periodic","sequence":{},"state":"{}"}},)"
                              R"("zones":{{{}}},"energy":{{"total":{{"kwh":{:.1f}}},"today":{{"kwh":{:.1f}}}}}}})",
                              random.below(100), random.below(256), random.below(100'000), pick(kStates, random), zones,
                              tenths(random.below(1'000'000)), tenths(random.below(1000))));
}

Event array_event(SeededRandom& random) {
  std::string readings;
  for (int i = 0; i < 16; ++i) {
    readings +=
        fmt::format(R"({}{{"sensor":"pt100-{}","kind":"{}","value":{:.1f},"unit":"C","state":"{}"}})", i > 0 ? "," : "",
                    i, i % 2 == 0 ? "temperature" : "humidity", tenths(random.below(1000)), pick(kStates, random));
  }
  return event_of("plant/7/batch", fmt::format(R"({{"site":"plant-7","count":16,"readings":[{}]}})", readings));
}

std::string mixed_rule(std::size_t i, SeededRandom& random) {
  const auto n = random.below(10'000);
  switch (i % 12) {
    case 0: return fmt::format(R"({{"data":{{"id":["sensor-{:05}"]}}}})", n);
    case 1: return fmt::format(R"({{"data":{{"device":{{"serial":[{{"prefix":"A{:04}"}}]}}}}}})", n / 10);
    case 2: return fmt::format(R"({{"data":{{"device":{{"serial":[{{"suffix":"{}-{}"}}]}}}}}})", n % 1000, n % 100);
    case 3:
      return fmt::format(R"({{"data":{{"site":["plant-{}"],"value":[{{"numeric":[">",{}]}}]}}}})", n % 50,
                         95 + tenths(n % 40));
    case 4:
      return fmt::format(
          R"({{"data":{{"id":["sensor-{:05}","sensor-{:05}"],"status":[{{"anything-but":["ok","off"]}}]}}}})", n,
          random.below(10'000));
    case 5: return fmt::format(R"({{"data":{{"error":{{"code":[{{"exists":true}}]}},"site":["plant-{}"]}}}})", n % 50);
    case 6:
      return fmt::format(R"({{"data":{{"device":{{"serial":[{{"wildcard":"A*{}*-{}"}}]}}}}}})", n % 1000, n % 100);
    case 7: return fmt::format(R"({{"data":{{"device":{{"ip":[{{"cidr":"10.{}.{}.0/24"}}]}}}}}})", n / 100, n % 100);
    case 8:
      return fmt::format(
          R"({{"data":{{"id":["sensor-{:05}"],"$or":[{{"value":[{{"numeric":[">=",{}]}}]}},{{"status":["fault"]}}]}}}})",
          n, n % 100);
    case 9:
      return fmt::format(R"({{"data":{{"site":[{{"equals-ignore-case":"PLANT-{}"}}],"battery":{{"level":[{}]}}}}}})",
                         n % 50, n % 101);
    case 10:
      return fmt::format(R"({{"data":{{"site":["plant-{}"],"area":["{}"],"device":{{"model":["{}"]}},)"
                         R"("tags":{{"owner":["Maintenance"],"line":["L{}"]}}}}}})",
                         n % 50, pick(kAreas, random), pick(kModels, random), n % 12);
    default:
      return fmt::format(R"({{"data":{{"readings":{{"pressure":[{{"numeric":[">",{:.2f},"<=",{:.2f}]}}]}}}}}})",
                         900 + tenths(n % 2000), 900.2 + tenths(n % 2000));
  }
}

std::string nested_rule(std::size_t i) {
  constexpr std::array<std::string_view, 10> kRules{
      R"({"data":{"controller":{"id":["ctl-7"]}}})",
      R"({"data":{"zones":{"zone1":{"actual":{"temperature":{"value":[{"numeric":[">",10.5]}]}}}}}})",
      R"({"data":{"zones":{"zone2":{"actual":{"door":{"open":[true]}}}},"report":{"state":["fault"]}}})",
      R"({"data":{"controller":{"network":{"address":[{"cidr":"10.1.16.0/20"}]}}}})",
      R"({"data":{"report":{"state":[{"anything-but":["ok","off"]}]},"energy":{"today":{"kwh":[{"numeric":[">=",90]}]}}}})",
      R"({"data":{"zones":{"zone0":{"actual":{"temperature":{"sensor":[{"prefix":"pt100-9"}]}}}}}})",
      R"({"data":{"zones":{"zone5":{"actual":{"temperature":{"sensor":[{"wildcard":"pt*0*7"}]}}}}}})",
      R"({"data":{"controller":{"model":[{"equals-ignore-case":"cx-9"}]},"zones":{"zone3":{"setpoint":{"low":[{"numeric":["<",2.5]}]}}}}})",
      R"({"data":{"alarm":[{"exists":true}]}})",
      R"({"data":{"$or":[{"zones":{"zone4":{"actual":{"door":{"since":[{"suffix":"5:31Z"}]}}}}},{"report":{"state":["warning"]}}]}})"};
  return std::string(kRules[i % kRules.size()]);
}

std::string numeric_rule(std::size_t i) {
  constexpr std::array<std::string_view, 5> kRules{
      R"({"data":{"value":[{"numeric":[">",80]}]}})", R"({"data":{"readings":{"temperature":[{"numeric":["<",20]}]}}})",
      R"({"data":{"battery":{"level":[{"numeric":["<=",15]}]},"value":[{"numeric":[">=",0]}]}})",
      R"({"data":{"readings":{"pressure":[{"numeric":[">",950,"<",1050]}],"humidity":[{"numeric":[">",40]}]}}})",
      R"({"data":{"location":{"floor":[{"numeric":["=",3]}]}}})"};
  return std::string(kRules[i % kRules.size()]);
}

std::string array_rule(std::size_t i) {
  constexpr std::array<std::string_view, 5> kRules{
      R"({"data":{"readings":{"kind":["temperature"],"value":[{"numeric":[">",95]}]}}})",
      R"({"data":{"readings":{"sensor":["pt100-3"],"state":["fault"]}}})",
      R"({"data":{"readings":{"kind":["humidity"],"value":[{"numeric":["<",5]}],"state":[{"anything-but":"off"}]}}})",
      R"({"data":{"readings":{"sensor":[{"prefix":"pt100-1"}],"value":[{"numeric":[">=",50,"<",60]}]},"site":["plant-7"]}})",
      R"({"data":{"readings":{"state":["warning"],"error":[{"exists":false}]}}})"};
  return std::string(kRules[i % kRules.size()]);
}

}  // namespace tidegate::bench
