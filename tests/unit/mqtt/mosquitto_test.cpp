#include <gtest/gtest.h>

#include <set>

#include "connectors/mqtt/mqtt.h"
#include "connectors/mqtt/options.h"
#include "gateway/config/option_table.h"
#include "tests/support/broker/fake_intake.h"
#include "tests/support/broker/source_rig.h"
#include "tests/support/process/marker.h"
#include "tests/support/process/mosquitto.h"
#include "tests/support/process/publisher.h"

namespace tidegate::test {
namespace {

constexpr milliseconds kPatience{20'000};

class WithMosquitto : public ::testing::Test {
 protected:
  void start_broker(const MosquittoOptions& options = {}) {
    auto started = Mosquitto::start(dir_.path(), options);
    ASSERT_TRUE(started) << started.error().message;
    broker_ = std::move(*started);
  }
  void make_source(const std::string& more) {
    const std::string yaml = "broker: " + broker_->uri() + "\nreconnect: { initial: 20ms, max: 100ms }\n" + more;
    const auto options = parse_text(*mqtt_source_options(), yaml);
    ASSERT_TRUE(options) << options.error().message;
    auto made = make_mqtt_source(rig_.context(), *options);
    ASSERT_TRUE(made) << made.error().message;
    source_ = std::move(*made);
    ASSERT_TRUE(source_->start(intake_));
  }
  bool reaches(HealthState state) {
    return intake_.wait(within(kPatience), [&] { return rig_.health().state == state; });
  }
  void publish_events(int qos, std::uint64_t count, std::uint32_t number = 1) {
    PublisherOptions options;
    options.port = broker_->port();
    options.qos = qos;
    options.count = count;
    options.number = number;
    if (qos == 2) options.window = 10;  // mosquitto takes fewer than 20 open at a time
    const PublisherReport report = publish(options, {});
    EXPECT_EQ(report.trouble, "");
    EXPECT_EQ(report.acknowledged, count);
  }
  bool receives(std::size_t count) {
    return intake_.wait(within(kPatience), [&] { return intake_.committed_count() >= count; });
  }

  TempDir dir_;
  SourceRig rig_;
  FakeIntake intake_;
  std::unique_ptr<Mosquitto> broker_;
  std::unique_ptr<Source> source_;
};

std::string attribute(const Event& event, std::string_view name) {
  for (const auto& [key, value] : event.attributes)
    if (key == name) return value;
  return "";
}

class EveryQosAndVersion : public WithMosquitto, public ::testing::WithParamInterface<std::tuple<int, const char*>> {};

TEST_P(EveryQosAndVersion, EveryEventArrivesOnceAndInOrder) {
  const auto [qos, version] = GetParam();
  MosquittoOptions broker;
  broker.max_queued = 0;
  start_broker(broker);
  make_source(std::string("version: ") + version + "\nsubscribe: [ { topic: 'sensors/#', qos: " + std::to_string(qos) +
              " } ]");
  ASSERT_TRUE(reaches(HealthState::ok)) << rig_.health().detail;
  publish_events(qos, 2000);
  ASSERT_TRUE(receives(2000)) << intake_.committed_count();
  const std::vector<Event> events = intake_.committed();
  ASSERT_EQ(events.size(), 2000u);
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_EQ(events[i].subject, topic_of(1, (i + 1) % 4));
    ASSERT_EQ(attribute(events[i], "qos"), std::to_string(qos));
  }
  EXPECT_EQ(intake_.repeats(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Mosquitto, EveryQosAndVersion,
                         ::testing::Combine(::testing::Values(0, 1, 2), ::testing::Values("5", "3.1.1")));

}  // namespace
}  // namespace tidegate::test
