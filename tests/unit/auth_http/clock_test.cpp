// A gateway whose clock is wrong, against peers that look at the time.

#include "connectors/auth/peer_clock.h"

#include <nlohmann/json.hpp>

#include "connectors/auth/azure_sas.h"
#include "connectors/auth/limits.h"
#include "provider.h"
#include "tests/support/files/temp_dir.h"
#include "tests/unit/auth_tokens/keys.h"

namespace tidegate::auth::test {
namespace {

using namespace std::chrono_literals;
using http::numbered_events;
using nlohmann::json;

constexpr WallTime kNow{1'700'000'000s};

TEST(PeerClock, LearnsFromADateAndPassesOverWhatIsNone) {
  PeerClock clock;
  EXPECT_FALSE(clock.hear("", kNow));
  EXPECT_FALSE(clock.hear("yesterday", kNow));
  EXPECT_FALSE(clock.hear(std::string(limits::kDateBytesMax + 1, '1'), kNow));
  EXPECT_EQ(clock.at(kNow), kNow);
  EXPECT_FALSE(clock.hear("Tue, 14 Nov 2023 22:13:50 GMT", kNow)) << "30 s are none";
  EXPECT_EQ(clock.at(kNow), kNow);
  EXPECT_TRUE(clock.hear("Tue, 14 Nov 2023 22:23:20 GMT", kNow));
  EXPECT_EQ(clock.at(kNow), kNow + 10min);
  EXPECT_FALSE(clock.hear("Tue, 14 Nov 2023 22:23:40 GMT", kNow)) << "about the same as before";
  EXPECT_EQ(clock.at(kNow), kNow + 10min);
  EXPECT_TRUE(clock.hear("Tue, 14 Nov 2023 22:13:20 GMT", kNow)) << "somebody set the clock";
  EXPECT_EQ(clock.at(kNow), kNow);
}

Answer dated(Answer answer) {
  answer.headers.emplace_back("Date", http_date(SystemClock().wall()));
  return answer;
}

/// Both ways: a clock that is 10 minutes slow, and one that is fast.
class WrongClock : public ::testing::TestWithParam<int> {
 protected:
  WrongClock() { clock_.skip(std::chrono::minutes(GetParam())); }
  testing::SkippingClock clock_;
  Provider provider_;
};

INSTANTIATE_TEST_SUITE_P(Minutes, WrongClock, ::testing::Values(-10, 10));

TEST_P(WrongClock, AWebhookIsHeldOnceAndThenSignedForTheReceiversTime) {
  provider_.judge_events([](const ReceivedRequest& request) {
    const WallTime at{std::chrono::seconds(std::stol(request.headers.at("webhook-timestamp")))};
    return dated(answer(std::chrono::abs(at - SystemClock().wall()) <= 5min ? 200 : 400, ""));
  });
  const auto sink =
      sink_to(provider_, "type: standard_webhooks, secrets: whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB", &clock_);
  expect_held(sink.send(numbered_events(1)), Cause::unauthorized);
  sink->refresh_credentials();
  expect_delivered(sink.send(numbered_events(1)));
  expect_delivered(sink.send(numbered_events(1)));
}

TEST_P(WrongClock, AnAssertionIsMadeAgainWithinTheSameErrand) {
  const tidegate::test::TempDir dir;
  provider_.judge_token([this](const ReceivedRequest& request) {
    const json claims = json::parse(jwt_part(form_of(request.body)["client_assertion"], 1));
    const long now = std::chrono::floor<std::chrono::seconds>(SystemClock().wall()).time_since_epoch().count();
    if (claims["iat"] <= now + 30 && claims["exp"] > now) return dated(provider_.grant());
    return dated(answer(400, R"({"error":"invalid_client","error_description":"assertion out of time"})"));
  });
  const auto sink =
      sink_to(provider_,
              "type: oauth2, client_id: a, client_auth: private_key_jwt, token_url: \"" + provider_.url("/token") +
                  "\", private_key_file: " + dir.write("key.pem", kRfcEcKey).string(),
              &clock_);
  expect_delivered(sink.send(numbered_events(1)));
  EXPECT_EQ(provider_.token_requests().size(), 2u);
  sink->refresh_credentials();
  expect_delivered(sink.send(numbered_events(1)));
  EXPECT_EQ(provider_.token_requests().size(), 3u) << "the time is known from now on";
}

TEST_P(WrongClock, ASharedAccessSignatureIsMadeForTheServicesTime) {
  provider_.judge_events([this](const ReceivedRequest& request) {
    const std::string& given = request.headers.at("authorization");
    const WallTime expires{std::chrono::seconds(std::stol(given.substr(given.find("&se=") + 4)))};
    const auto left = expires - SystemClock().wall();
    return dated(answer(left > 0s && left <= 6min ? 201 : 401, ""));
  });
  const auto sink = sink_to(provider_,
                            "type: azure_sas, key_name: send, shared_access_key: a-key-of-the-portal=, "
                            "sas_lifetime: 5m",
                            &clock_);
  expect_held(sink.send(numbered_events(1)), Cause::unauthorized);
  sink->refresh_credentials();
  expect_delivered(sink.send(numbered_events(1)));
  expect_delivered(sink.send(numbered_events(1)));
}

TEST(RightClock, ARefusalThatHasNothingToDoWithTheTimeIsAskedForOnce) {
  const tidegate::test::TempDir dir;
  Provider provider;
  testing::SkippingClock clock;
  clock.skip(10min);
  provider.judge_token([](const ReceivedRequest&) { return dated(answer(400, R"({"error":"invalid_client"})")); });
  const auto sink = sink_to(
      provider,
      "type: oauth2, client_id: a, client_secret: s3cret-of-plant-7, token_url: \"" + provider.url("/token") + "\"",
      &clock);
  expect_held(sink.send(numbered_events(1)), Cause::unauthorized);
  EXPECT_EQ(provider.token_requests().size(), 1u) << "a client secret knows no time";
}

}  // namespace
}  // namespace tidegate::auth::test
