#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "connectors/mqtt_listener/mqtt_listener.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/source/source_harness.h"
#include "tests/support/broker/publishing_client.h"
#include "tests/support/process/process.h"

namespace tidegate::test {

namespace {

/// The peer is a device that connects to the source. That it is turned away means here: somebody has the port.
class MqttListenerHarness final : public SourceHarness {
 public:
  ~MqttListenerHarness() override { turn_away(false); }

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
    if (taken_ >= 0) close(std::exchange(taken_, -1));
    if (!away) return;
    taken_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port_);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(taken_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) std::abort();
  }
  void fall_silent() override { device_.fall_silent(); }

 private:
  const std::uint16_t port_ = free_port();
  int taken_ = -1;
  PublishingClient device_{port_};
};

}  // namespace

std::unique_ptr<SourceHarness> make_mqtt_listener_harness() { return std::make_unique<MqttListenerHarness>(); }

}  // namespace tidegate::test
