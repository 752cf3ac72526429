#include <optional>
#include <utility>

#include "connectors/mqtt_listener/mqtt_listener.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/source/source_harness.h"
#include "tests/conformance/source/taken_port.h"
#include "tests/support/broker/publishing_client.h"
#include "tests/support/process/process.h"

namespace tidegate::test {

namespace {

/// The peer is a device that connects to the source. That it is turned away means here: somebody has the port.
class MqttListenerHarness final : public SourceHarness {
 public:
  std::unique_ptr<Source> make(const ConnectorContext& context) override {
    const auto options = parse_text(*mqtt_listener_options(),
                                    "listen: 127.0.0.1:" + std::to_string(port_) + "\nallow_anonymous: true\n");
    auto source = make_mqtt_listener(context, *options);
    return std::move(*source);
  }
  bool ready() override { return device_.connected(); }
  void offer(const std::string& payload) override { device_.publish(payload); }
  std::size_t acknowledged() override { return device_.acknowledged(); }
  void interrupt() override { device_.interrupt(); }
  void turn_away(bool away) override {
    taken_.reset();
    if (away) taken_.emplace(port_);
  }
  void fall_silent() override { device_.fall_silent(); }

 private:
  const std::uint16_t port_ = free_port();
  std::optional<TakenPort> taken_;
  PublishingClient device_{port_};
};

}  // namespace

std::unique_ptr<SourceHarness> make_mqtt_listener_harness() { return std::make_unique<MqttListenerHarness>(); }

}  // namespace tidegate::test
