#include <fmt/format.h>

#include <array>
#include <memory>
#include <thread>

#include "tests/crash/feed.h"
#include "tests/support/broker/publishing_client.h"
#include "tests/support/process/marker.h"
#include "tests/support/process/process.h"
#include "tests/support/process/publisher.h"

namespace tidegate::crash {
namespace {

constexpr std::uint32_t kAtLeastOnce = 2;  // publishers at QoS 1; the first numbers
constexpr std::uint32_t kExactlyOnce = 2;  // publishers at QoS 2
constexpr std::uint32_t kKeys = 4;
constexpr double kRate = 1500;  // per publisher at QoS 1: load enough to have batches in flight
constexpr std::size_t kWindow = 200;
constexpr std::size_t kPayloadBytes = 150;
constexpr std::chrono::milliseconds kFillAgain{1};

/// Publishes at QoS 2 with a session that is kept, and sends again what was not taken: each event is stored once.
class Device {
 public:
  Device(std::uint32_t number, std::uint16_t port)
      : number_(number), client_(port, fmt::format("exactly-once-{}", number)) {}

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (std::size_t open = client_.open(); open < kWindow; ++open) {
        std::string payload;
        test::append_payload(payload, {number_, next_, 0}, kPayloadBytes);
        client_.publish(payload, test::topic_of(number_, next_ % kKeys));
        ++next_;
      }
      std::this_thread::sleep_for(kFillAgain);
    }
  }
  void interrupt() { client_.interrupt(); }
  void fall_silent() { client_.fall_silent(); }
  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] std::size_t lost_sessions() const { return client_.lost_sessions(); }
  [[nodiscard]] std::vector<bool> owed() const {
    std::vector<bool> owed(client_.acknowledged() + 1, true);
    owed[0] = false;
    return owed;
  }

 private:
  const std::uint32_t number_;
  std::uint64_t next_ = 1;
  test::PublishingClient client_;
};

class ListenerFeed final : public Feed {
 public:
  ~ListenerFeed() override { end(); }

  Status start() override { return {}; }
  Status start_load() override {
    for (std::uint32_t i = 0; i < kAtLeastOnce; ++i) {
      test::PublisherOptions options;
      options.port = port_;
      options.number = i + 1;
      options.qos = 1;
      options.rate = kRate;
      options.keys = kKeys;
      options.payload_bytes = kPayloadBytes;
      options.reconnect = true;
      threads_.emplace_back([this, options, i] { reports_[i] = test::publish(options, stop_.get_token()); });
    }
    for (std::uint32_t i = 0; i < kExactlyOnce; ++i) {
      devices_.push_back(std::make_unique<Device>(kAtLeastOnce + i + 1, port_));
      threads_.emplace_back([device = devices_.back().get(), stop = stop_.get_token()] { device->run(stop); });
    }
    return {};
  }

  /// Those at QoS 1 go on with new events after a broken connection; they meet one at each kill of the gateway.
  void kill() override {
    for (const auto& device : devices_) device->interrupt();
  }
  Status restart() override { return {}; }
  void calm() override {}

  FedEvents finish() override {
    end();
    FedEvents fed;
    for (std::uint32_t i = 0; i < kAtLeastOnce; ++i) {
      fed.owed[i + 1] = reports_[i].acknowledged_seqs;
      if (!reports_[i].trouble.empty()) fed.trouble = reports_[i].trouble;
    }
    for (const auto& device : devices_) {
      fed.owed[device->number()] = device->owed();
      if (fed.owed[device->number()].size() < 2) fed.trouble = "a device was never answered";
      if (device->lost_sessions() > 0) fed.trouble = "the gateway forgot the session of a device";
    }
    return fed;
  }
  void close() override {
    for (const auto& device : devices_) device->fall_silent();
  }

  [[nodiscard]] std::string source() const override {
    return fmt::format("    type: mqtt_listener\n    listen: 127.0.0.1:{}\n    allow_anonymous: true\n", port_);
  }
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::uint32_t keys() const override { return kKeys; }
  [[nodiscard]] bool forgets() const override { return false; }

 private:
  void end() {
    stop_.request_stop();
    threads_.clear();
  }

  const std::uint16_t port_ = test::free_port();
  std::array<test::PublisherReport, kAtLeastOnce> reports_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::stop_source stop_;
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace

std::unique_ptr<Feed> make_listener_feed() { return std::make_unique<ListenerFeed>(); }

}  // namespace tidegate::crash
