#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>

#include "gateway/event/rfc3339.h"
#include "tests/e2e/site.h"
#include "tests/support/http/http_client.h"

/// Routes that reduce, in the real gateway, which is killed meanwhile.
namespace tidegate::e2e {
namespace {

using namespace std::chrono_literals;
using test::HttpClient;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Reduced : public ::testing::Test {
 protected:
  void start(const std::string& reduce) {
    SiteConfig config;
    config.source = fmt::format("  door:\n    type: http\n    listen: 127.0.0.1:{}\n", port_);
    config.route = ", reduce: " + reduce;
    site_.start(config);
    wait_open();
  }
  void kill_and_restart() {
    site_.gateway.kill();
    site_.restart();
    wait_open();
  }
  void wait_open() {
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return test::accepts_connections(port_); }));
  }
  void post(const std::string& id, double v, WallTime time = {}) {
    std::string when;
    append_rfc3339(time, when);
    const std::string body =
        fmt::format(R"({{"specversion":"1.0","id":"{}","source":"/p","type":"t","subject":"sensors/a","time":"{}",)"
                    R"("data":{{"v":{}}}}})",
                    id, when, v);
    EXPECT_EQ(HttpClient(port_).post("/v1/events", body, {"Content-Type: application/cloudevents+json"}).status, 202);
  }
  void expect_books(std::uint64_t delivered, std::uint64_t filtered) {
    EXPECT_TRUE(site_.wait_books("delivered", delivered)) << site_.status().dump(2);
    EXPECT_TRUE(site_.wait_books("filtered", filtered)) << site_.status().dump(2);
  }

  const std::uint16_t port_ = test::free_port();
  Site site_;
};

TEST_F(Reduced, WhatLeftLastIsRememberedAcrossKillDashNine) {
  start("{ deadband: { field: data.v, absolute: 1 } }");
  post("a", 20);
  post("b", 20.9);
  expect_books(1, 1);
  kill_and_restart();
  post("c", 19.1);
  post("d", 22);
  expect_books(2, 2);
  EXPECT_THAT(site_.receiver->accepted_ids(), ElementsAre("a", "d"));
  EXPECT_THAT(site_.gateway.get("/metrics").body,
              HasSubstr("tidegate_lane_filtered_total{route=\"all\",sink=\"cloud\",reason=\"deadband\"} 1\n"));
  site_.expect_clean_end();
}

TEST_F(Reduced, KeysThatAreOneTooManyAreForgottenAndCounted) {
  start("{ deadband: { field: data.v, absolute: 1, key: id, max_keys: 2 } }");
  for (const char* id : {"a", "b", "c", "d"}) post(id, 20);
  expect_books(4, 0);
  EXPECT_THAT(site_.gateway.get("/metrics").body,
              HasSubstr("tidegate_lane_keys_forgotten_total{route=\"all\",sink=\"cloud\"} 2\n"));
  site_.expect_clean_end();
}

TEST_F(Reduced, AWindowGoesOnAfterKillDashNineAndLeavesOnce) {
  start("{ window: { fields: data.v, every: 8784h } }");
  const WallTime now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  post("a", 1, now);
  post("b", 3, now);
  expect_books(0, 2);
  kill_and_restart();
  post("c", 100, now + 8784h);
  expect_books(1, 3);
  const auto requests = site_.receiver->requests();
  ASSERT_EQ(requests.size(), 1U);
  const auto body = nlohmann::json::parse(requests.front().body);
  EXPECT_EQ(body.at(0).value("type", ""), "tidegate.window");
  EXPECT_EQ(body.at(0)["data"].value("count", 0), 2);
  EXPECT_EQ(body.at(0)["data"]["fields"]["v"].value("mean", 0), 2);
  site_.expect_clean_end();
}

}  // namespace
}  // namespace tidegate::e2e
