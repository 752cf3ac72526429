#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "connectors/http/limits.h"
#include "tests/support/receiver/test_certs.h"
#include "tests/unit/http/sink_fixture.h"

namespace tidegate::http {
namespace {

using testing::Answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::parse_answers;
using testing::ReceivedRequest;
using testing::Receiver;

std::string url_line(const Receiver& receiver) { return "url: " + receiver.url() + "\n"; }

TEST(HttpSink, DeliversABatchInOrderWithIdsAndKey) {
  const auto receiver = start_receiver();
  const SinkUnderTest sink(url_line(*receiver) + "headers: { X-Site: plant-7 }");
  const auto events = numbered_events(3);
  EXPECT_EQ(sink.send(events).outcomes.at(0).fate, Fate::delivered);
  EXPECT_THAT(receiver->accepted_ids(), ElementsAre("id-1", "id-2", "id-3"));
  const ReceivedRequest request = receiver->requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/events");
  EXPECT_EQ(request.headers.at("content-type"), "application/cloudevents-batch+json; charset=utf-8");
  EXPECT_EQ(request.headers.at("x-site"), "plant-7");
  EXPECT_EQ(request.headers.at("user-agent"), "tidegate");
  EXPECT_EQ(request.headers.count("expect"), 0u);
}

TEST(HttpSink, KeyAndIdsAreTheSameWhenABatchIsSentAgain) {
  const auto receiver = start_receiver();
  receiver->script(*parse_answers("503"));
  const auto events = numbered_events(3);
  const std::string yaml = url_line(*receiver);
  EXPECT_EQ(SinkUnderTest(yaml).send(events).outcomes.at(0).fate, Fate::retry);
  EXPECT_EQ(SinkUnderTest(yaml).send(events).outcomes.at(0).fate, Fate::delivered);  // another sink: after a restart
  const auto requests = receiver->requests();
  EXPECT_EQ(requests.at(0).headers.at("idempotency-key"), requests.at(1).headers.at("idempotency-key"));
  EXPECT_EQ(requests.at(0).body, requests.at(1).body);
}

TEST(HttpSink, EveryFormatAndCompressionIsUnderstood) {
  const auto receiver = start_receiver();
  struct Case {
    const char* format;
    std::size_t max_events;
    const char* type;
  };
  const Case cases[] = {
      {"cloudevents", 500, "application/cloudevents-batch+json; charset=utf-8"},
      {"cloudevents", 1, "application/cloudevents+json; charset=utf-8"},
      {"cloudevents_binary", 1, "application/json"},
      {"json_array", 500, "application/json"},
      {"ndjson", 500, "application/x-ndjson"},
      {"raw", 1, "application/json"},
  };
  for (const Case& c : cases) {
    for (const char* compression : {"none", "gzip", "zstd"}) {
      const SinkUnderTest sink(url_line(*receiver) + "format: " + c.format + "\ncompression: " + compression,
                               c.max_events);
      const int count = sink->limits().batch_events_max == 1 ? 1 : 3;
      EXPECT_EQ(c.max_events == 1, count == 1) << c.format;
      EXPECT_EQ(sink.send(numbered_events(count)).outcomes.at(0).fate, Fate::delivered) << c.format << compression;
      const ReceivedRequest request = receiver->requests().back();
      EXPECT_EQ(request.headers.at("content-type"), c.type);
      EXPECT_EQ(request.events.size(), static_cast<std::size_t>(count)) << c.format << request.body;
      EXPECT_THAT(request.events.back().text, HasSubstr("{\"n\":" + std::to_string(count) + "}"));
      EXPECT_EQ(request.headers.count("content-encoding"), std::string(compression) == "none" ? 0u : 1u);
    }
  }
  EXPECT_EQ(receiver->summary().invalid_requests, 0u);
}

TEST(HttpSink, BinaryModeCarriesAttributesAsHeaders) {
  const auto receiver = start_receiver();
  const SinkUnderTest sink(url_line(*receiver) + "format: cloudevents_binary");
  auto events = numbered_events(1);
  events[0].event.subject = "Halle 3/\xC3\xB6l";
  events[0].event.attributes = {{"Empty", ""}};
  sink.send(events);
  const auto headers = receiver->requests().at(0).headers;
  EXPECT_EQ(headers.at("ce-id"), "id-1");
  EXPECT_EQ(headers.at("ce-subject"), "Halle%203/%C3%B6l");
  EXPECT_EQ(headers.at("ce-time"), "2025-10-09T08:53:20.000Z");
  EXPECT_EQ(headers.at("ce-empty"), "");
}

TEST(HttpSink, MethodAndCredentialsAreSent) {
  const auto receiver = start_receiver();
  const std::pair<const char*, const char*> cases[] = {
      {"{type: basic, user: Aladdin, password: 'open sesame'}", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
      {"{type: bearer, token: abc}", "Bearer abc"},
      {"{type: header, name: Authorization, value: Custom xyz}", "Custom xyz"},
  };
  for (const auto& [auth, expected] : cases) {
    SinkUnderTest(url_line(*receiver) + "method: PUT\nauth: " + auth).send(numbered_events(1));
    EXPECT_EQ(receiver->requests().back().headers.at("authorization"), expected);
    EXPECT_EQ(receiver->requests().back().method, "PUT");
  }
}

TEST(HttpSink, RefreshedCredentialIsUsedByTheNextRequest) {
  const auto receiver = start_receiver();
  const TempDir dir;
  const auto token = dir.write("token", "old\n");
  const SinkUnderTest sink(url_line(*receiver) + "auth: {type: bearer, token_file: " + token.string() + "}");
  receiver->script(*parse_answers("401"));
  EXPECT_EQ(sink.send(numbered_events(1)).cause, Cause::unauthorized);
  EXPECT_FALSE(sink->refresh_credentials());
  (void)dir.write("token", "new\n");
  EXPECT_TRUE(sink->refresh_credentials());
  sink.send(numbered_events(1));
  EXPECT_EQ(receiver->requests().at(0).headers.at("authorization"), "Bearer old");
  EXPECT_EQ(receiver->requests().at(1).headers.at("authorization"), "Bearer new");
}

TEST(HttpSink, ReasonNeverHoldsTheCredential) {
  const auto receiver = start_receiver();
  Answer echo;
  echo.status = 400;
  echo.body = "your header was: Bearer s3cret-token and X: api-key-1";
  receiver->answer_by_default(echo);
  const SinkUnderTest sink(url_line(*receiver) + "auth: {type: bearer, token: s3cret-token}\nheaders: {X: api-key-1}");
  EXPECT_EQ(sink.send(numbered_events(1)).outcomes.at(0).reason, "HTTP 400: your header was: Bearer *** and X: ***");
}

TEST(HttpSink, AHostThatNoNameServerKnowsIsADownPeer) {
  const SinkUnderTest sink("url: http://tidegate-test.invalid/\ntimeout: {connect: 3s}");
  const Settled answer = sink.send(numbered_events(1));
  EXPECT_EQ(answer.outcomes.at(0).fate, Fate::retry);
  EXPECT_EQ(answer.cause, Cause::peer_down);
  EXPECT_THAT(answer.outcomes.at(0).reason, HasSubstr("not sent: "));
}

TEST(HttpSink, ReasonHoldsNoBasicCredentialInAnyForm) {
  const auto receiver = start_receiver();
  Answer echo;
  echo.status = 400;
  echo.body = "Basic dTpzM2NyZXQtd29yZA== is s3cret-word";
  receiver->answer_by_default(echo);
  const SinkUnderTest sink(url_line(*receiver) + "auth: {type: basic, user: u, password: s3cret-word}");
  EXPECT_EQ(sink.send(numbered_events(1)).outcomes.at(0).reason, "HTTP 400: Basic *** is ***");
}

TEST(HttpSink, OutcomesComeWithCauseAndRetryAfter) {
  const auto receiver = start_receiver();
  receiver->script(*parse_answers("429:retry-after=7,410,413,422,302:location=http://other.example/x"));
  const SinkUnderTest sink(url_line(*receiver));
  const Settled throttled = sink.send(numbered_events(2));
  EXPECT_EQ(throttled.cause, Cause::throttled);
  EXPECT_EQ(throttled.retry_after, milliseconds(7000));
  EXPECT_EQ(sink.send(numbered_events(2)).cause, Cause::gone);
  EXPECT_EQ(sink.send(numbered_events(2)).cause, Cause::too_large);
  EXPECT_EQ(sink.send(numbered_events(1)).outcomes.at(0).fate, Fate::rejected);
  const Settled redirected = sink.send(numbered_events(1));
  EXPECT_EQ(redirected.outcomes.at(0).fate, Fate::retry);
  EXPECT_THAT(redirected.outcomes.at(0).reason, HasSubstr("http://other.example/x"));
  EXPECT_EQ(receiver->summary().requests, 5u);
}

TEST(HttpSink, RedirectsAreFollowedWithMethodAndBodyWhenAsked) {
  const auto receiver = start_receiver();
  receiver->script(*parse_answers("302:location=/elsewhere"));
  const SinkUnderTest sink(url_line(*receiver) + "follow_redirects: true");
  EXPECT_EQ(sink.send(numbered_events(2)).outcomes.at(0).fate, Fate::delivered);
  const ReceivedRequest request = receiver->requests().at(1);
  EXPECT_EQ(request.method + " " + request.target, "POST /elsewhere");
  EXPECT_EQ(request.events.size(), 2u);
}

TEST(HttpSink, RefusedConnectionIsRetryAndAClosedOneUnknown) {
  const auto receiver = start_receiver();
  receiver->script(*parse_answers("close,close-unread"));
  for (int i = 0; i < 2; ++i) {
    const Settled closed = SinkUnderTest(url_line(*receiver)).send(numbered_events(1));
    EXPECT_EQ(closed.outcomes.at(0).fate, Fate::unknown);
    EXPECT_EQ(closed.cause, Cause::peer_down);
  }
  receiver->stop();
  const Settled refused = SinkUnderTest(url_line(*receiver)).send(numbered_events(1));
  EXPECT_EQ(refused.outcomes.at(0).fate, Fate::retry);
  EXPECT_EQ(refused.cause, Cause::peer_down);
}

TEST(HttpSink, SilenceIsUnknownAfterTheTotalTimeout) {
  const auto receiver = start_receiver();
  receiver->script(*parse_answers("hang"));
  const SinkUnderTest sink(url_line(*receiver) + "timeout: {total: 200ms}");
  const Settled settled = sink.send(numbered_events(1));
  EXPECT_EQ(settled.outcomes.at(0).fate, Fate::unknown);
  EXPECT_EQ(sink.send(numbered_events(1)).outcomes.at(0).fate, Fate::delivered);
}

TEST(HttpSink, ConnectionsAreUsedAgain) {
  const auto receiver = start_receiver();
  const SinkUnderTest sink(url_line(*receiver));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sink.send(numbered_events(2)).outcomes.at(0).fate, Fate::delivered);
  EXPECT_EQ(receiver->summary().connections, 1u);
}

void expect_the_rest_to_pass_a_hanging_request(const Receiver& receiver, const SinkUnderTest& sink) {
  const auto events = numbered_events(1);
  for (std::uint64_t id = 1; id <= 4; ++id) sink->submit(batch_of(events, id));
  std::set<std::uint64_t> ids;
  for (const Settled& settled : sink.settled(3)) ids.insert(settled.id.value);
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_TRUE(receiver.wait_for([](const auto& summary) { return summary.requests == 4; }));
}

TEST(HttpSink, SeveralBatchesAreInFlightAtOnce) {
  const TempDir dir;
  const auto certs = testing::make_test_certs(dir.path());
  for (const bool tls : {false, true}) {
    testing::ReceiverOptions options;
    if (tls) {
      options.tls_cert = certs->server_cert;
      options.tls_key = certs->server_key;
    }
    const auto receiver = start_receiver(options);
    receiver->script(*parse_answers("hang"));
    const SinkUnderTest sink(url_line(*receiver) + "tls: {ca_file: " + certs->ca_cert.string() + "}");
    expect_the_rest_to_pass_a_hanging_request(*receiver, sink);
  }
}

TEST(HttpSink, TalkativePeerIsCutOffAndItsStatusCounts) {
  const auto receiver = start_receiver();
  Answer chatty;
  chatty.body = std::string(limits::kHttpResponseBytesMax * 4, 'x');
  receiver->answer_by_default(chatty);
  const SinkUnderTest sink(url_line(*receiver));
  EXPECT_EQ(sink.send(numbered_events(1)).outcomes.at(0).fate, Fate::delivered);
}

TEST(HttpSink, LargestEventArrivesWhole) {
  const auto receiver = start_receiver();
  const SinkUnderTest sink(url_line(*receiver));
  auto events = numbered_events(1);
  events[0].event.data = '"' + std::string(limits::kEventDataBytesMax - 2, 'x') + '"';
  EXPECT_EQ(sink.send(events).outcomes.at(0).fate, Fate::delivered);
  EXPECT_GT(receiver->summary().body_bytes, limits::kEventDataBytesMax);
}

TEST(HttpSink, ProxyGetsTheWholeAddressAndItsOwnCredential) {
  const auto proxy = start_receiver();
  const SinkUnderTest sink("url: http://ingest.example/events\nproxy: {url: '" + proxy->url("") +
                           "', user: u, password: p}\nauth: {type: bearer, token: t}");
  EXPECT_EQ(sink.send(numbered_events(1)).outcomes.at(0).fate, Fate::delivered);
  const ReceivedRequest request = proxy->requests().at(0);
  EXPECT_EQ(request.target, "http://ingest.example/events");
  EXPECT_EQ(request.headers.at("proxy-authorization"), "Basic dTpw");
  EXPECT_EQ(request.headers.at("authorization"), "Bearer t");
}

TEST(HttpSink, ProxyOfTheEnvironmentIsNotUsed) {
  const auto receiver = start_receiver();
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  const Settled settled = SinkUnderTest(url_line(*receiver)).send(numbered_events(1));
  unsetenv("http_proxy");
  EXPECT_EQ(settled.outcomes.at(0).fate, Fate::delivered);
}

TEST(HttpSink, ConnectSendsNoRequest) {
  const auto receiver = start_receiver();
  const SinkUnderTest sink(url_line(*receiver));
  const Status connected = sink->connect(sink.in(kPatience), {});
  EXPECT_TRUE(connected);
  EXPECT_TRUE(receiver->wait_for([](const auto& summary) { return summary.connections == 1; }));
  EXPECT_EQ(receiver->summary().requests, 0u);
}

}  // namespace
}  // namespace tidegate::http
