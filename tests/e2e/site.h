#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/process/gateway.h"
#include "tests/support/process/mosquitto.h"
#include "tests/support/process/publisher.h"
#include "tests/support/receiver/receiver.h"
#include "tests/support/receiver/test_certs.h"

/// End to end: the real program between a real mosquitto and a TLS receiver.
namespace tidegate::e2e {

inline constexpr milliseconds kPatience{30'000};
/// For events to arrive: hundreds of thousands of them, under a sanitizer.
inline constexpr std::chrono::seconds kArrivalLimit{180};

/// What a test changes of the config. YAML, indented as the place wants it.
struct SiteConfig {
  std::string source;  ///< further lines under the source, four spaces
  std::string sink;    ///< further lines under the sink, four spaces
  std::string route;   ///< inside `all: { ... }`, after a comma
  std::string spool;   ///< inside `spool: { ... }`
  std::string more;    ///< further lines under the routes, and at the top level
  int qos = 1;         ///< of the subscription
  std::string broker;  ///< URI; empty: the site's broker
  std::string batch = "max_events: 50, max_wait: 20ms";
};

/// One broker, one receiver, one gateway with the source "plant-floor", the sink "cloud" and the route "all".
class Site {
 public:
  explicit Site(testing::ReceiverOptions receiver = {}, const test::MosquittoOptions& broker = {});

  /// Writes the config and starts the gateway; returns when it is ready and, if `subscribed`, its source is, too.
  void start(const SiteConfig& config = {}, bool subscribed = true);
  void write_config(const SiteConfig& config = {});
  /// Starts the gateway again with the config it has.
  void restart();

  /// Publishes `count` marked events from publisher `number`, and expects the broker to take them all.
  void publish(std::uint64_t count, int qos = 1, std::uint32_t number = 1);
  void expect_arrived(std::uint64_t distinct, std::uint64_t duplicates = 0);
  /// Stops the gateway (expecting 0) and expects a balanced audit with nothing pending.
  void expect_clean_end();
  /// The same, whatever is pending.
  void expect_clean_stop();

  bool wait_state(const std::string& component, const std::string& state);
  nlohmann::json status();
  bool wait_books(const std::string& entry, std::uint64_t value);

  test::TempDir dir;
  testing::TestCerts certs;
  std::unique_ptr<testing::Receiver> receiver;
  std::unique_ptr<test::Mosquitto> broker;  ///< not running yet when the test says so
  test::GatewayProcess gateway;
};

}  // namespace tidegate::e2e
