#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kEvents = 200;

testing::Answer status(unsigned code) {
  testing::Answer answer;
  answer.status = code;
  return answer;
}

/// Answers after which the same events are sent again until they are taken.
class Retried : public ::testing::TestWithParam<std::string> {};

TEST_P(Retried, EventsArriveOnceTheReceiverTakesThem) {
  Site site;
  site.receiver->script(*testing::parse_answers(GetParam()));
  SiteConfig config;
  config.sink = "    timeout: { total: 1s }\n";
  site.start(config);
  site.publish(kEvents);
  site.expect_arrived(kEvents);
  site.expect_clean_end();
}

INSTANTIATE_TEST_SUITE_P(Answers, Retried,
                         ::testing::Values("408", "425", "429:retry-after=1", "500*3", "503:retry-after=1", "close*2",
                                           "close-unread*2", "hang", "307:location=https://localhost:1/elsewhere"),
                         [](const auto& test) {
                           std::string name = test.param.substr(0, test.param.find(':'));
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

TEST(Outcome, RetriesCarryTheSameIdsAndTheSameIdempotencyKey) {
  Site site;
  site.receiver->script({status(503), status(503)});
  SiteConfig config;
  config.batch = "max_events: 20, max_wait: 10s";  // all of them in one batch
  site.start(config);
  site.publish(20);
  site.expect_arrived(20);
  std::set<std::string> keys, ids;
  for (const auto& request : site.receiver->requests()) {
    keys.insert(request.headers.at("idempotency-key"));
    for (const auto& event : request.events) ids.insert(event.id);
  }
  EXPECT_EQ(ids.size(), 20u);
  EXPECT_EQ(site.receiver->requests().size(), 3u);
  EXPECT_EQ(keys.size(), 1u);
}

TEST(Outcome, ARefusedCredentialPausesTheLaneAndLosesNothing) {
  Site site;
  site.receiver->answer_by_default(status(401));
  site.start();
  site.publish(kEvents);
  ASSERT_TRUE(site.wait_state("lane all/cloud", "paused")) << site.gateway.log();
  EXPECT_EQ(site.gateway.books("pending"), kEvents);
  site.receiver->answer_by_default(status(200));
  EXPECT_EQ(test::http_over_unix(site.gateway.admin(), "POST", "/v1/lanes/all/cloud/resume").status / 100, 2);
  site.expect_arrived(kEvents);
  site.expect_clean_end();
}

TEST(Outcome, GoneParksTheLaneUntilResume) {
  Site site;
  site.receiver->answer_by_default(status(410));
  site.start();
  site.publish(kEvents);
  ASSERT_TRUE(site.wait_state("lane all/cloud", "paused")) << site.gateway.log();
  site.receiver->answer_by_default(status(200));
  EXPECT_EQ(test::http_over_unix(site.gateway.admin(), "POST", "/v1/lanes/all/cloud/resume").status / 100, 2);
  site.expect_arrived(kEvents);
  site.expect_clean_end();
}

TEST(Outcome, TooLargeBatchesAreSplit) {
  testing::ReceiverOptions options;
  options.events_max = 7;
  Site site(options);
  site.start();
  site.publish(kEvents);
  site.expect_arrived(kEvents);
  EXPECT_LE(site.receiver->summary().largest_batch, 7u);
  site.expect_clean_end();
}

TEST(Outcome, ARefusedEventGoesToTheDeadLettersAndTheOthersArrive) {
  std::atomic<bool> poisoned{true};
  testing::ReceiverOptions options;
  options.poison = [&](const testing::ReceivedEvent& event) {
    return poisoned && event.marker && event.marker->seq == 17;
  };
  Site site(options);
  site.start();
  site.publish(kEvents);
  site.expect_arrived(kEvents - 1);
  ASSERT_TRUE(site.wait_books("dead", 1)) << site.gateway.log();

  const auto list = site.gateway.command({"dead", "list", "--json"});
  EXPECT_EQ(list.status, 0) << list.errors;
  EXPECT_THAT(list.output, HasSubstr("422"));
  const auto exported = site.gateway.command({"dead", "export"});
  EXPECT_THAT(exported.output, HasSubstr("EVT:0001:000000017"));

  poisoned = false;
  const auto retried = site.gateway.command({"dead", "retry", "1"});
  EXPECT_EQ(retried.status, 0) << retried.errors;
  site.expect_arrived(kEvents);
  EXPECT_TRUE(site.wait_books("dead", 0));
  site.expect_clean_end();
}

TEST(Outcome, AnAbsentReceiverIsWaitedFor) {
  Site site;
  const auto port = site.receiver->port();
  site.start();
  site.receiver.reset();
  site.publish(kEvents);
  ASSERT_TRUE(site.wait_books("pending", kEvents)) << site.gateway.log();
  ASSERT_TRUE(site.wait_state("lane all/cloud", "waiting"));
  testing::ReceiverOptions options;
  options.port = port;
  options.tls_cert = site.certs.server_cert;
  options.tls_key = site.certs.server_key;
  auto back = testing::Receiver::start(options);
  ASSERT_TRUE(back) << back.error().message;
  site.receiver = std::move(*back);
  site.expect_arrived(kEvents);
  site.expect_clean_end();
}

TEST(Outcome, OrderPerTopicHoldsThroughFailures) {
  Site site;
  site.receiver->script(*testing::parse_answers("503,200,429,200*2,500*2,close,200*3,503"));
  site.start();
  site.publish(2000);
  site.expect_arrived(2000);
  std::map<std::uint64_t, std::uint64_t> last;  // by key
  for (const auto& request : site.receiver->requests()) {
    if (request.status / 100 != 2) continue;
    for (const auto& event : request.events) {
      std::uint64_t& before = last[event.marker->seq % 4];
      EXPECT_LT(before, event.marker->seq);
      before = event.marker->seq;
    }
  }
}

}  // namespace
}  // namespace tidegate::e2e
