// Events that leave by MQTT, and what a second gateway makes of them.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

/// A gateway that takes what is below a topic from a broker and publishes it to another (or the same).
class Bridge {
 public:
  Bridge(const std::filesystem::path& dir, const std::string& id, const std::string& from, const std::string& filter,
         const std::string& to, const std::string& topic)
      : gateway(std::filesystem::path(TIDEGATE_BIN_DIR) / "tidegate", (std::filesystem::create_directory(dir), dir)) {
    std::string preamble = gateway.preamble();
    preamble.replace(preamble.find("test-gateway"), 12, id);
    gateway.configure(preamble + fmt::format(R"(sources:
  in:
    type: mqtt
    broker: {}
    client_id: {}-in
    reconnect: {{ initial: 20ms, max: 200ms }}
    subscribe: "{}/#"
sinks:
  out:
    type: mqtt
    broker: {}
    topic: "{}"
    batch: {{ max_events: 50, max_wait: 20ms }}
    retry: {{ initial: 20ms, max: 200ms }}
    breaker: {{ interval: 200ms }}
routes:
  all: {{ topic: "{}", to: out }}
)",
                                             from, id, filter.substr(0, filter.find('/')), to, topic, filter));
  }
  void start() {
    const auto up = gateway.start_ready();
    ASSERT_TRUE(up) << up.error().message << gateway.log();
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return gateway.state_of("source in") == "ok"; }))
        << gateway.log();
  }
  bool wait_books(const std::string& entry, std::uint64_t value) {
    return test::wait_until(test::within(kPatience), [&] { return gateway.books(entry) == value; });
  }
  void expect_clean_end() {
    EXPECT_EQ(gateway.stop(), 0) << gateway.log();
    const auto audit = gateway.command({"audit"});
    EXPECT_EQ(audit.status, 0) << audit.output << audit.errors;
  }

  test::GatewayProcess gateway;
};

void publish(const test::Mosquitto& broker, std::uint64_t count) {
  test::PublisherOptions options;
  options.port = broker.port();
  options.count = count;
  const auto report = test::publish(options, {});
  ASSERT_EQ(report.trouble, "");
}

TEST(MqttOut, TwoGatewaysInARingSendAnEventRoundOnce) {
  const test::TempDir dir;
  test::MosquittoOptions options;
  options.max_queued = 0;
  const auto broker = test::Mosquitto::start(dir.path(), options);
  ASSERT_TRUE(broker) << broker.error().message;
  const std::string uri = (*broker)->uri();
  // sensors/... -> one -> back/sensors/... -> two -> sensors/...
  Bridge one(dir / "one", "one", uri, "sensors/#", uri, "back/{subject}");
  Bridge two(dir / "two", "two", uri, "back/sensors/{p}/{d}/temperature", uri, "sensors/{p}/{d}/temperature");
  one.start();
  two.start();
  publish(**broker, 100);
  EXPECT_TRUE(two.wait_books("delivered", 100)) << two.gateway.log();
  const auto metrics = [&] { return one.gateway.get("/metrics").body; };
  const std::string loops = "tidegate_source_loops_total{source=\"in\"} 100\n";
  EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] { return metrics().find(loops) != std::string::npos; }))
      << metrics();
  EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] {
    return metrics().find("tidegate_source_events_filtered_total{source=\"in\"} 100\n") != std::string::npos;
  })) << metrics();
  EXPECT_EQ(one.gateway.books("delivered"), 100u);
  EXPECT_THAT(one.gateway.log(), ::testing::HasSubstr("have been at gateway \"one\" before"));
  one.expect_clean_end();
  two.expect_clean_end();
}

TEST(MqttOut, ASecondGatewayTakesWhatTheFirstPublishesAndARestartedBrokerLosesNothing) {
  constexpr std::uint64_t kEvents = 2000;
  Site far;
  const std::filesystem::path plant_dir = far.dir / "plant";
  std::filesystem::create_directory(plant_dir);
  test::MosquittoOptions options;
  options.max_queued = 0;
  const auto plant = test::Mosquitto::start(plant_dir, options);
  ASSERT_TRUE(plant) << plant.error().message;
  far.start();
  Bridge near(far.dir / "near", "near", (*plant)->uri(), "sensors/#", far.broker->uri(), "{subject}");
  near.start();
  publish(**plant, kEvents / 2);
  ASSERT_TRUE(near.wait_books("delivered", kEvents / 2)) << near.gateway.log();
  far.broker->stop();
  test::PublisherOptions more;
  more.port = (*plant)->port();
  more.count = kEvents / 2;
  more.number = 2;
  EXPECT_EQ(test::publish(more, {}).trouble, "");
  EXPECT_TRUE(near.wait_books("received", kEvents));
  ASSERT_TRUE(far.broker->restart());
  EXPECT_TRUE(near.wait_books("delivered", kEvents)) << near.gateway.log();
  const bool arrived =
      far.receiver->wait_for([](const auto& now) { return now.arrivals.distinct >= kEvents; }, kArrivalLimit);
  EXPECT_TRUE(arrived) << far.gateway.log();
  EXPECT_EQ(far.receiver->summary().arrivals.distinct, kEvents);
  near.expect_clean_end();
  far.expect_clean_end();
}

}  // namespace
}  // namespace tidegate::e2e
