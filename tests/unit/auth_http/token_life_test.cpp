// The life of a token, through a real sink and a real token endpoint.

#include <fmt/format.h>

#include <atomic>

#include "connectors/auth/limits.h"
#include "provider.h"
#include "tests/support/files/temp_dir.h"
#include "tests/support/receiver/test_certs.h"

namespace tidegate::auth::test {
namespace {

using namespace std::chrono_literals;
using http::numbered_events;

std::string client(const Provider& provider, const std::string& more = "client_secret: s3cret-of-plant-7") {
  return "type: oauth2, token_url: \"" + provider.url("/token") + "\", client_id: plant-7, " + more;
}

TEST(TokenLife, OneTokenServesManyBatches) {
  const Provider provider;
  const auto sink = sink_to(provider, client(provider));
  const auto events = numbered_events(1);
  for (std::uint64_t i = 1; i <= 8; ++i) sink->submit(http::batch_of(events, i));
  for (const Settled& settled : sink.settled(8)) expect_delivered(settled);
  expect_delivered(sink.send(events));
  EXPECT_EQ(provider.token_requests().size(), 1u);
  EXPECT_EQ(provider.event_requests().size(), 9u);
}

TEST(TokenLife, ATokenIsReplacedAheadOfItsEndWhileDeliveriesGoOn) {
  Provider provider;
  testing::SkippingClock clock;
  provider.judge_token([&](const ReceivedRequest&) { return provider.grant(1000); });
  const auto sink = sink_to(provider, client(provider), &clock);
  expect_delivered(sink.send(numbered_events(1)));
  clock.skip(749s);
  expect_delivered(sink.send(numbered_events(1)));
  EXPECT_EQ(provider.token_requests().size(), 1u) << "a quarter of its life is left";
  clock.skip(2s);
  // The endpoint hangs: what is delivered meanwhile goes out with the old token.
  provider.judge_token([](const ReceivedRequest&) {
    Answer hangs;
    hangs.action = Answer::Action::hang;
    return hangs;
  });
  expect_delivered(sink.send(numbered_events(1)));
  expect_delivered(sink.send(numbered_events(1)));
  EXPECT_EQ(provider.event_requests().back().headers.at("authorization"), "Bearer token-1");
}

TEST(TokenLife, TheNewTokenIsUsedAsSoonAsItIsThere) {
  Provider provider;
  testing::SkippingClock clock;
  provider.judge_token([&](const ReceivedRequest&) { return provider.grant(1000); });
  provider.judge_events([](const ReceivedRequest&) { return answer(200, ""); });
  const auto sink = sink_to(provider, client(provider), &clock);
  expect_delivered(sink.send(numbered_events(1)));
  clock.skip(800s);
  // The first of these begins the errand; it ends while batches come and go.
  for (int i = 0; i < 1000 && provider.event_requests().back().headers.at("authorization") == "Bearer token-1"; ++i)
    expect_delivered(sink.send(numbered_events(1)));
  EXPECT_EQ(provider.event_requests().back().headers.at("authorization"), "Bearer token-2");
  EXPECT_EQ(provider.token_requests().size(), 2u);
}

TEST(TokenLife, AnExpiredTokenIsNeverSent) {
  Provider provider;
  testing::SkippingClock clock;
  const auto sink = sink_to(provider, client(provider), &clock);
  expect_delivered(sink.send(numbered_events(1)));
  clock.skip(3600s);
  expect_delivered(sink.send(numbered_events(1)));
  EXPECT_EQ(provider.event_requests().back().headers.at("authorization"), "Bearer token-2");
}

TEST(TokenLife, ARefusedTokenIsReplacedOnce) {
  Provider provider;
  const auto sink = sink_to(provider, client(provider));
  expect_delivered(sink.send(numbered_events(1)));
  provider.revoke();
  expect_held(sink.send(numbered_events(1)), Cause::unauthorized);
  EXPECT_TRUE(sink->refresh_credentials());
  expect_delivered(sink.send(numbered_events(1)));
  EXPECT_EQ(provider.token_requests().size(), 2u);
  // A receiver that takes no token at all: the lane hears it, and one more token is not asked for by the sink itself.
  provider.judge_events([](const ReceivedRequest&) { return answer(403, ""); });
  expect_held(sink.send(numbered_events(1)), Cause::unauthorized);
  EXPECT_EQ(provider.token_requests().size(), 2u);
}

TEST(TokenLife, ARefusedClientHoldsTheLaneAndSaysWhyWithoutTheSecret) {
  Provider provider;
  provider.judge_token([](const ReceivedRequest& request) {
    return answer(401, R"({"error":"invalid_client","error_description":"no client s3cret/of plant-7, )" +
                           request.headers.at("authorization") + "\"}");
  });
  const auto sink = sink_to(provider, client(provider, "client_secret: s3cret/of plant-7"));
  const std::string reason = expect_held(sink.send(numbered_events(3)), Cause::unauthorized);
  EXPECT_NE(reason.find("HTTP 401: invalid_client: no client"), std::string::npos) << reason;
  EXPECT_EQ(reason.find("s3cret"), std::string::npos) << reason;
  std::string basic = provider.token_requests().back().headers.at("authorization").substr(6);
  EXPECT_EQ(reason.find(basic), std::string::npos) << reason;
  EXPECT_TRUE(provider.event_requests().empty());
  const Status connected = sink->connect(sink.in(http::kPatience), {});
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::refused);
  EXPECT_NE(connected.error().message.find("invalid_client"), std::string::npos) << connected.error().message;
  EXPECT_EQ(connected.error().message.find("s3cret"), std::string::npos) << connected.error().message;
}

TEST(TokenLife, AReceiverThatQuotesTheTokenDoesNotBringItIntoAReason) {
  Provider provider;
  provider.judge_events([](const ReceivedRequest& request) {
    return answer(422, "bad request with " + request.headers.at("authorization"));
  });
  const auto sink = sink_to(provider, client(provider));
  const Settled settled = sink.send(numbered_events(1));
  ASSERT_EQ(settled.outcomes.size(), 1u);
  EXPECT_EQ(settled.outcomes[0].fate, Fate::rejected);
  EXPECT_EQ(settled.outcomes[0].reason, "HTTP 422: bad request with Bearer ***");
}

/// Whatever the token endpoint does, no event is lost, and the lane tries again.
TEST(TokenLife, ATokenEndpointThatIsIllIsWaitedFor) {
  const auto with = [](Answer::Action action) {
    Answer ill = answer(200, R"({"access_token":"token-1","expires_in":3600})");
    ill.action = action;
    return ill;
  };
  const std::string endless = R"({"access_token":"token-1",")" + std::string(100'000, 'x') + "\":1}";
  for (const auto& [what, ill] :
       {std::pair("503", answer(503, "")), std::pair("garbage", answer(200, "<html>Log in</html>")),
        std::pair("nothing", answer(200, "")), std::pair("cut", with(Answer::Action::cut)),
        std::pair("closed", with(Answer::Action::close_read)), std::pair("endless", answer(200, endless)),
        std::pair("expired", answer(200, R"({"access_token":"token-1","expires_in":0})"))}) {
    Provider provider;
    provider.judge_token([&ill = ill](const ReceivedRequest&) { return ill; });
    const auto sink = sink_to(provider, client(provider));
    const std::string reason = expect_held(sink.send(numbered_events(2)), Cause::peer_down);
    EXPECT_NE(reason.find("not sent: no credential"), std::string::npos) << what << ": " << reason;
    EXPECT_TRUE(provider.event_requests().empty()) << what;
    provider.judge_token(nullptr);
    expect_delivered(sink.send(numbered_events(2)));
  }
}

TEST(TokenLife, ATokenEndpointThatIsNotThereIsWaitedFor) {
  const Provider provider;
  const auto sink = sink_to(provider,
                            "type: oauth2, token_url: \"http://127.0.0.1:1/token\", client_id: a, "
                            "client_secret: s3cret-of-plant-7");
  const std::string reason = expect_held(sink.send(numbered_events(1)), Cause::peer_down);
  EXPECT_NE(reason.find("http://127.0.0.1:1/token"), std::string::npos) << reason;
  const Status connected = sink->connect(sink.in(http::kPatience), {});
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::unavailable);
}

TEST(TokenLife, ASecretIsNotShownToWhoeverSitsInBetween) {
  const tidegate::test::TempDir dir;
  const auto ours = testing::make_test_certs(dir / "ours"), theirs = testing::make_test_certs(dir / "theirs");
  ASSERT_TRUE(ours && theirs);
  testing::ReceiverOptions intercepted;
  intercepted.tls_cert = theirs->server_cert;
  intercepted.tls_key = theirs->server_key;
  const Provider provider(intercepted);
  const auto trusting = [&](const testing::TestCerts& certs) {
    return http::SinkUnderTest("url: " + provider.url("/events") + "\ntls: { ca_file: " + certs.ca_cert.string() +
                               " }\nauth: { " + client(provider) + " }");
  };
  const auto sink = trusting(*ours);
  const std::string reason = expect_held(sink.send(numbered_events(1)), Cause::peer_down);
  EXPECT_NE(reason.find("/token: SSL certificate problem"), std::string::npos) << reason;
  EXPECT_TRUE(provider.token_requests().empty());
  const auto other = trusting(*theirs);
  expect_delivered(other.send(numbered_events(1)));
}

TEST(TokenLife, ASecretIsNotCarriedToWhereTheTokenEndpointPoints) {
  Provider provider;
  provider.judge_token([&](const ReceivedRequest&) {
    Answer away = answer(307, "");
    away.headers.emplace_back("Location", provider.url("/elsewhere"));
    return away;
  });
  const http::SinkUnderTest sink("url: " + provider.url("/events") + "\nfollow_redirects: true\nauth: { " +
                                 client(provider) + " }");
  const std::string reason = expect_held(sink.send(numbered_events(1)), Cause::unauthorized);
  EXPECT_NE(reason.find("a redirect; check token_url"), std::string::npos) << reason;
  EXPECT_EQ(provider.token_requests().size(), 1u);
}

TEST(TokenLife, ASecretMayBeReplacedInItsFileUnderLoad) {
  const tidegate::test::TempDir dir;
  const auto file = dir.write("secret", "first");
  Provider provider;
  std::atomic<const char*> accepted = "first";
  provider.judge_token([&](const ReceivedRequest& request) {
    if (form_of(request.body)["client_secret"] == accepted.load()) return provider.grant();
    return answer(401, R"({"error":"invalid_client"})");
  });
  const auto sink = sink_to(provider, client(provider, "client_auth: body, client_secret_file: " + file.string()));
  int held = 0;
  for (int i = 0; i < 60; ++i) {
    if (i == 20) rewrite(file, "second"), accepted = "second", provider.revoke();
    if (i == 40) accepted = "third", provider.revoke();  // at the provider first, in the file two batches later
    if (i == 42) rewrite(file, "third");
    const Settled settled = sink.send(numbered_events(1, i));
    ASSERT_EQ(settled.outcomes.size(), 1u);
    if (settled.outcomes[0].fate == Fate::delivered) continue;
    expect_held(settled, Cause::unauthorized);
    ++held;
    sink->refresh_credentials();
  }
  EXPECT_LE(held, 4);
  EXPECT_GE(held, 3);
  expect_delivered(sink.send(numbered_events(1)));
}

}  // namespace
}  // namespace tidegate::auth::test
