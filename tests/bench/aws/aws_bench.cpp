#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/aws_sqs/aws_sqs.h"
#include "gateway/config/option_table.h"
#include "tests/bench/figures/figures.h"
#include "tests/support/receiver/receiver.h"

/// Measures the SQS sink: signed batches of 10, 16 in flight, to a stub on loopback in the same process.
namespace tidegate::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 10, kInFlight = 16;

/// Says that all ten were taken, whatever came.
std::unique_ptr<testing::Receiver> start_stub() {
  testing::Answer taken;
  taken.body = R"({"Successful":[)";
  for (std::size_t i = 0; i < kBatch; ++i) {
    taken.body += fmt::format(R"({}{{"Id":"{}","MessageId":"5fea7756-0ea4-451a-a703-a558b933e274",)"
                              R"("MD5OfMessageBody":"fafb00f5732ab283681e124bf8747ed1"}})",
                              i == 0 ? "" : ",", i);
  }
  taken.body += "]}";
  testing::ReceiverOptions options;
  options.record = false;
  options.respond = [taken](const testing::ReceivedRequest&) { return taken; };
  auto started = testing::Receiver::start(std::move(options));
  if (!started) std::exit(1);
  return *std::move(started);
}

std::vector<OutEvent> ten_events() {
  std::vector<OutEvent> events(kBatch);
  for (std::size_t i = 0; i < kBatch; ++i) {
    Event& event = events[i].event;
    event.id = fmt::format("0199c3f4-7e2a-7cc3-98c4-dc0c0c07{:04}", i);
    event.source = "/plant-7/floor";
    event.type = "tidegate.mqtt.message";
    event.subject = fmt::format("sensors/plant-7/machine-{}/temperature", i);
    event.time = WallTime{milliseconds{1'760'000'000'000}};
    event.data = R"({"value":81.5,"unit":"C","sensor":"pt100-7","quality":"good","sequence":184467})";
  }
  return events;
}

/// Events per second.
double measure(const testing::Receiver& stub, std::size_t batches) {
  const auto options =
      parse_text(*aws_sqs_sink_options(),
                 fmt::format("region: eu-central-1\nqueue_url: https://sqs.eu-central-1.amazonaws.com/1/orders\n"
                             "endpoint: {}\ncredentials: {{access_key_id: AKIDEXAMPLE, secret_access_key: secret}}",
                             stub.url("")));
  if (!options) std::exit(1);
  const SystemClock clock;
  ConnectorContext context;
  context.name = "bench";
  context.clock = &clock;
  auto sink = make_aws_sqs_sink(context, *options);
  if (!sink) std::exit(1);
  const std::vector<OutEvent> events = ten_events();
  std::size_t submitted = 0, open = 0;
  const auto begin = Clock::now();
  for (std::size_t ended = 0; ended < batches;) {
    for (; open < kInFlight && submitted < batches; ++open, ++submitted) {
      Batch batch{BatchId{submitted + 1}, {}};
      for (const OutEvent& event : events) batch.events.push_back(&event);
      (*sink)->submit(std::move(batch));
    }
    for (const Settled& settled : (*sink)->wait({clock.steady() + std::chrono::seconds{30}}, {})) {
      const bool all =
          std::ranges::all_of(settled.outcomes, [](const Outcome& o) { return o.fate == Fate::delivered; });
      if (!all || settled.outcomes.size() != kBatch) std::exit(1);
      --open;
      ++ended;
    }
  }
  return static_cast<double>(batches * kBatch) / std::chrono::duration<double>(Clock::now() - begin).count();
}

Figures measure_all(const Arguments& arguments) {
  const auto stub = start_stub();
  std::vector<double> rates;
  for (int run = 0; run < arguments.runs; ++run) rates.push_back(measure(*stub, arguments.quick ? 500 : 10'000));
  stub->stop();
  return {{"SQS, batches of 10, 16 in flight", "events/s", median(rates)}};
}

}  // namespace
}  // namespace tidegate::bench

int main(int argc, char** argv) {
  using namespace tidegate::bench;
  return measure_and_print(
      argc, argv, "The SQS sink: signed batches of 10, 16 in flight, to a stub on loopback in the same process.", 3,
      measure_all);
}
