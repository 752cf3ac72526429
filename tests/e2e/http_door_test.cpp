#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>

#include "tests/e2e/site.h"
#include "tests/support/http/http_client.h"
#include "tests/support/process/marker.h"

/// Programs that post to the real gateway, which is killed meanwhile.
namespace tidegate::e2e {
namespace {

using test::HttpClient;
using ::testing::HasSubstr;

class HttpDoor : public ::testing::Test {
 protected:
  void start() {
    SiteConfig config;
    config.source = fmt::format("  door:\n    type: http\n    listen: 127.0.0.1:{}\n", port_);
    site_.start(config);
    wait_open();
  }
  void restart() {
    site_.restart();
    wait_open();
  }
  void wait_open() {
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return test::accepts_connections(port_); }));
  }

  /// A batch of CloudEvents with the markers from `first` on. The same numbers give the same ids.
  static std::string batch(std::uint64_t first, std::uint64_t count) {
    std::string body = "[";
    for (std::uint64_t seq = first; seq < first + count; ++seq) {
      std::string data;
      test::append_payload(data, {1, seq, 0}, 150);
      body += fmt::format(
          R"({}{{"specversion":"1.0","id":"event-{}","source":"/program","type":"t","subject":"sensors/door","data":{}}})",
          seq == first ? "" : ",", seq, data);
    }
    return body + "]";
  }
  static constexpr const char* kBatch = "Content-Type: application/cloudevents-batch+json";

  const std::uint16_t port_ = test::free_port();
  Site site_;
};

TEST_F(HttpDoor, WhatWasAnsweredSurvivesKillDashNineAndARepeatIsStoredOnce) {
  start();
  site_.receiver->answer_by_default(testing::parse_answers("503")->front());
  const auto first = HttpClient(port_).post("/v1/events", batch(0, 50), {kBatch});
  ASSERT_EQ(first.status, 202);
  site_.gateway.kill();
  restart();
  const auto again = HttpClient(port_).post("/v1/events", batch(0, 60), {kBatch});
  EXPECT_EQ(again.status, 202);
  EXPECT_THAT(again.body, HasSubstr("event-0\""));
  EXPECT_EQ(site_.gateway.books("received"), 60u);
  site_.receiver->answer_by_default({});
  site_.expect_arrived(60);
  site_.expect_clean_end();
}

TEST_F(HttpDoor, RequestsThatAKillLeftUnansweredAreSentAgainAndStoredOnce) {
  start();
  constexpr std::uint64_t kRounds = 12;
  constexpr std::uint64_t kEvents = 40;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    const std::string request = test::post_text("/v1/events", batch(round * kEvents, kEvents), {kBatch});
    {
      HttpClient client(port_);
      ASSERT_TRUE(client.send(request));
      // Around the commit, which takes a few ms: before, within and after it.
      poll(nullptr, 0, static_cast<int>(round % 6));
      site_.gateway.kill();
    }
    restart();
    ASSERT_EQ(HttpClient(port_).post("/v1/events", batch(round * kEvents, kEvents), {kBatch}).status, 202);
    ASSERT_EQ(site_.gateway.books("received"), (round + 1) * kEvents);
  }
  EXPECT_TRUE(site_.receiver->wait_for([](const auto& now) { return now.arrivals.distinct == kRounds * kEvents; }));
  site_.expect_clean_end();
}

}  // namespace
}  // namespace tidegate::e2e
