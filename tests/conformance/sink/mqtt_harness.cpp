#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connectors/mqtt/mqtt.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/sink/sink_harness.h"
#include "tests/support/broker/scripted_broker.h"

namespace tidegate::testing {
namespace {

test::BrokerScript taking(bool answers) {
  test::BrokerScript script;
  script.takes_publishes = true;
  script.answers_publish = answers;
  return script;
}

class MqttHarness final : public SinkHarness {
 public:
  MqttHarness() {
    context_.gateway_id = "gw";
    context_.name = "sink";
    context_.clock = &clock_;
  }

  std::unique_ptr<Sink> to_peer() override { return make("broker: " + peer_.uri()); }
  std::unique_ptr<Sink> to_nobody() override {
    return make(fmt::format("broker: mqtt://127.0.0.1:{}", refusing_.number()));
  }
  std::unique_ptr<Sink> to_silence(milliseconds timeout) override {
    return make(fmt::format("broker: {}\nack_timeout: {}ms", silence_.uri(), timeout.count()));
  }
  /// A CONNECT that nobody answers.
  std::unique_ptr<Sink> to_limbo() override {
    return make(fmt::format("broker: mqtt://127.0.0.1:{}\nconnect_timeout: 10m", mute_.number()));
  }
  std::vector<std::string> arrived() override {
    std::vector<std::string> ids;
    for (const test::SeenPacket& packet : peer_.seen()) {
      mqtt::Properties(packet.properties).for_each([&](const mqtt::Property& property) {
        if (packet.type == mqtt::PacketType::publish && property.text == "id") ids.emplace_back(property.value);
      });
    }
    return ids;
  }

 private:
  std::unique_ptr<Sink> make(const std::string& yaml) {
    auto options = parse_text(*mqtt_sink_options(), yaml + "\nformat: cloudevents_binary");
    EXPECT_TRUE(options) << options.error().message;
    auto sink = make_mqtt_sink(context_, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    return *std::move(sink);
  }

  SystemClock clock_;
  ConnectorContext context_;
  test::ScriptedBroker peer_{taking(true)}, silence_{taking(false)};
  BarePort refusing_{false}, mute_{true};
};

}  // namespace

std::unique_ptr<SinkHarness> make_mqtt_harness() { return std::make_unique<MqttHarness>(); }

}  // namespace tidegate::testing
