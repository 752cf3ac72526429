#include "connectors/mqtt/mqtt.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/source/source_harness.h"
#include "tests/support/broker/scripted_broker.h"

namespace tidegate::test {

namespace {

class MqttHarness final : public SourceHarness {
 public:
  std::unique_ptr<Source> make(const ConnectorContext& context) override {
    const auto options = parse_text(*mqtt_source_options(), "broker: " + broker_.uri() +
                                                                "\nsubscribe: 'a/#'\nconnect_timeout: 1s\n"
                                                                "reconnect: { initial: 10ms, max: 50ms }\n");
    auto source = make_mqtt_source(context, *options);
    return std::move(*source);
  }
  bool ready() override { return broker_.subscribed(); }
  void offer(const std::string& payload) override { broker_.publish({"a/b", payload, 1, false, ""}); }
  std::size_t acknowledged() override { return broker_.count(mqtt::PacketType::puback); }
  void interrupt() override { broker_.drop(); }
  void turn_away(bool away) override {
    broker_.change(
        [away](BrokerScript& s) { s.connect_answer = away ? mqtt::Reason::not_authorized : mqtt::Reason::success; });
  }
  void fall_silent() override { broker_.stall(true); }

 private:
  ScriptedBroker broker_;
};

}  // namespace

std::unique_ptr<SourceHarness> make_mqtt_source_harness() { return std::make_unique<MqttHarness>(); }

}  // namespace tidegate::test
