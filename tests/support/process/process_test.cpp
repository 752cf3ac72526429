#include "tests/support/process/process.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/process/marker.h"
#include "tests/support/process/mosquitto.h"
#include "tests/support/process/publisher.h"

namespace tidegate::test {
namespace {

TEST(Process, ReportsExitStatusAndOutput) {
  const auto end = run({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, within(milliseconds(10'000)));
  EXPECT_EQ(end.status, 3);
  EXPECT_EQ(end.output, "out\n");
  EXPECT_EQ(end.errors, "err\n");
}

TEST(Process, SaysWhyAProgramCannotStart) {
  const auto child = Process::spawn({{"/no/such/program"}, {}, {}, {}});
  ASSERT_FALSE(child);
  EXPECT_NE(child.error().message.find("No such file"), std::string::npos);
}

TEST(Process, KillEndsItAndWaitSeesTheSignal) {
  auto child = Process::spawn({{"/bin/sleep", "600"}, {}, {}, {}});
  ASSERT_TRUE(child);
  EXPECT_TRUE(child->running());
  EXPECT_FALSE(child->wait(within(milliseconds(1))));
  child->kill();
  EXPECT_EQ(child->wait(within(milliseconds(10'000))), 128 + SIGKILL);
}

TEST(Marker, IsFoundInAPayloadOfTheSizeAskedFor) {
  std::string payload;
  append_payload(payload, {12, 345, 1'700'000'000'123'456}, 200);
  EXPECT_EQ(payload.size(), 200u);
  const auto marker = find_marker(payload);
  ASSERT_TRUE(marker);
  EXPECT_EQ(marker->publisher, 12u);
  EXPECT_EQ(marker->seq, 345u);
  EXPECT_EQ(marker->published_us, 1'700'000'000'123'456u);
}

class PublisherTest : public testing::TestWithParam<int> {};

TEST_P(PublisherTest, EverythingSentIsAcknowledgedByARealBroker) {
  const TempDir dir;
  auto broker = Mosquitto::start(dir.path(), {});
  ASSERT_TRUE(broker) << broker.error().message;
  PublisherOptions options;
  options.port = (*broker)->port();
  options.qos = GetParam();
  options.count = 3000;
  const auto report = publish(options, {});
  EXPECT_EQ(report.trouble, "");
  EXPECT_EQ(report.sent, 3000u);
  EXPECT_EQ(report.acknowledged, 3000u);
}
INSTANTIATE_TEST_SUITE_P(Qos, PublisherTest, testing::Values(0, 1, 2));

TEST(Publisher, GoesOnAfterTheBrokerWasKilled) {
  const TempDir dir;
  auto broker = Mosquitto::start(dir.path(), {});
  ASSERT_TRUE(broker) << broker.error().message;
  PublisherOptions options;
  options.port = (*broker)->port();
  options.reconnect = true;
  options.count = 200'000;
  PublisherReport report;
  std::jthread load([&] { report = publish(options, {}); });
  (*broker)->kill();
  ASSERT_TRUE((*broker)->restart());
  load.join();
  EXPECT_EQ(report.trouble, "");
  EXPECT_EQ(report.sent, 200'000u);
  EXPECT_GT(report.acknowledged, 0u);
}

}  // namespace
}  // namespace tidegate::test
