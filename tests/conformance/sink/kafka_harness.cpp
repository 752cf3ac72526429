#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connectors/kafka/kafka.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/sink/sink_harness.h"
#include "tests/support/kafka/mock_cluster.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;

class KafkaHarness final : public SinkHarness {
 public:
  KafkaHarness() {
    peer_.create_topic("events", 1);
    silence_.create_topic("events", 1);
    context_.gateway_id = "gw";
    context_.name = "sink";
    context_.clock = &clock_;
  }

  std::unique_ptr<Sink> to_peer() override { return make(peer_.bootstrap(), 60s); }
  std::unique_ptr<Sink> to_nobody() override { return make(fmt::format("127.0.0.1:{}", refusing_.number()), 60s); }
  std::unique_ptr<Sink> to_silence(milliseconds timeout) override {
    for (int broker = 1; broker <= 3; ++broker) silence_.delay_next(broker, KafkaRequest::produce, 10min);
    return make(silence_.bootstrap(), std::max<milliseconds>(timeout, 1s));
  }
  /// A connection that is taken, and the first request unanswered.
  std::unique_ptr<Sink> to_limbo() override { return make(fmt::format("127.0.0.1:{}", mute_.number()), 600s); }
  std::vector<std::string> arrived() override {
    std::vector<std::string> ids;
    MockReader reader(peer_.bootstrap(), "events", 1);
    for (const ConsumedMessage& message : reader.read_to_end()) ids.push_back(message.header("ce_id"));
    return ids;
  }

 private:
  std::unique_ptr<Sink> make(const std::string& brokers, milliseconds delivery) {
    auto options = parse_text(*kafka_sink_options(),
                              fmt::format("brokers: [\"{}\"]\ntopic: events\n"
                                          "timeout: {{connect: {}ms, delivery: {}ms}}",
                                          brokers, std::min<milliseconds>(delivery, 1s).count(), delivery.count()));
    EXPECT_TRUE(options) << options.error().message;
    auto sink = make_kafka_sink(context_, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    return *std::move(sink);
  }

  SystemClock clock_;
  ConnectorContext context_;
  MockCluster peer_, silence_;
  BarePort refusing_{false}, mute_{true};
};

}  // namespace

std::unique_ptr<SinkHarness> make_kafka_harness() { return std::make_unique<KafkaHarness>(); }

}  // namespace tidegate::testing
