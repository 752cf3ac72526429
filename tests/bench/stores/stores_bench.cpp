#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/influxdb/influxdb.h"
#include "gateway/config/option_table.h"
#include "tests/bench/figures/figures.h"
#include "tests/support/receiver/receiver.h"

/// Measures the influxdb sink, driven as a lane drives it, against a receiver that discards what it gets. Sender and
/// receiver share the machine.
namespace tidegate::bench {
namespace {

constexpr std::size_t kBatchEvents = 5'000;
constexpr std::size_t kInFlight = 4;

std::vector<OutEvent> readings(std::size_t count) {
  std::vector<OutEvent> events(count);
  for (std::size_t i = 0; i < count; ++i) {
    OutEvent& out = events[i];
    out.event.id = fmt::format("018c1f6e-0000-7000-8000-{:012}", i);
    out.event.subject = fmt::format("plant/hall-2/sensor/{}", i % 100);
    out.event.time = WallTime{milliseconds{1'767'225'600'000 + static_cast<std::int64_t>(i)}};
    out.event.data =
        fmt::format(R"({{"device":"s-{}","temperature":{}.{},"humidity":{},"ok":true,"unit":"C","note":"{}"}})",
                    i % 100, 20 + i % 9, i % 10, 40 + i % 20, std::string(120, 'n'));
    out.captures = {{"site", "hall-2"}};
  }
  return events;
}

std::unique_ptr<Sink> make_sink(const ConnectorContext& context, const std::string& url) {
  const auto options = parse_text(*influxdb_sink_options(), fmt::format(R"(url: {}
database: plant
measurement: climate
tags: {{ site: "${{captures.site}}", device: "${{data.device}}" }}
fields: {{ temperature: "${{data.temperature}}", humidity: {{ value: "${{data.humidity}}", type: integer }}, ok: "${{data.ok}}" }}
)",
                                                                        url));
  if (!options) std::exit(1);
  auto sink = make_influxdb_sink(context, *options);
  if (!sink) std::exit(1);
  return *std::move(sink);
}

/// Points per second.
double measure(const Arguments& arguments, const std::vector<OutEvent>& events) {
  testing::ReceiverOptions options;
  options.record = false;
  options.respond = [](const testing::ReceivedRequest&) {
    testing::Answer answer;
    answer.status = 204;
    return answer;
  };
  const auto receiver = testing::Receiver::start(std::move(options));
  if (!receiver) std::exit(1);
  const SystemClock clock;
  ConnectorContext context;
  context.name = "tsdb";
  context.clock = &clock;
  const auto sink = make_sink(context, (*receiver)->url("/"));
  const std::size_t batches = arguments.quick ? 20 : 400;
  std::size_t sent = 0;
  std::size_t ended = 0;
  const SteadyTime begin = clock.steady();
  while (ended < batches) {
    while (sent < batches && sent - ended < kInFlight) {
      Batch batch{BatchId{++sent}, {}};
      for (const OutEvent& event : events) batch.events.push_back(&event);
      sink->submit(std::move(batch));
    }
    for (const Settled& settled : sink->wait(Deadline{clock.steady() + std::chrono::seconds(30)}, {})) {
      if (settled.outcomes.front().fate != Fate::delivered) std::exit(1);
      ++ended;
    }
  }
  const double seconds = std::chrono::duration<double>(clock.steady() - begin).count();
  return static_cast<double>(batches * events.size()) / seconds;
}

Figures measure_all(const Arguments& arguments) {
  const std::vector<OutEvent> events = readings(kBatchEvents);
  std::vector<double> rates;
  for (int run = 0; run < arguments.runs; ++run) rates.push_back(measure(arguments, events));
  return {{"5,000 a request, 4 in flight", "points/s", median(rates)}};
}

}  // namespace
}  // namespace tidegate::bench

int main(int argc, char** argv) {
  using namespace tidegate::bench;
  return measure_and_print(
      argc, argv, "The influxdb sink, driven as a lane drives it, against a receiver that discards what it gets.", 5,
      measure_all);
}
