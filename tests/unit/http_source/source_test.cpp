#include <gmock/gmock.h>

#include "connectors/auth/standard_webhooks.h"
#include "connectors/http/ingest/limits.h"
#include "source_fixture.h"

namespace tidegate::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kCloudEvent = "Content-Type: application/cloudevents+json";
const std::string kBatch = "Content-Type: application/cloudevents-batch+json";
const std::string kNdjson = "Content-Type: application/x-ndjson";

TEST_F(HttpSourceTest, AnswersWithTheIdsOnlyAfterTheReceipt) {
  start();
  intake_.hold(true);
  HttpClient client(port_);
  ASSERT_TRUE(client.send(post_text("/v1/events", "1\n2\n", {kNdjson})));
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 2; }));
  EXPECT_FALSE(client.has_input());
  intake_.commit();
  const HttpReply reply = client.reply();
  EXPECT_EQ(reply.status, 202);
  const auto stored = intake_.committed();
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(reply.body, "{\"ids\":[\"" + stored[0].id + "\",\"" + stored[1].id + "\"]}\n");
  EXPECT_EQ(stored[0].id.size(), 36u);
  EXPECT_EQ(stored[0].subject, "http/test");
}

TEST_F(HttpSourceTest, ABadEventStoresNothingOfItsRequest) {
  start();
  HttpClient client(port_);
  const HttpReply reply = client.post("/v1/events", "1\n{\n3\n", {kNdjson});
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("\"index\":1"));
  EXPECT_EQ(intake_.submissions(), 0u);
  EXPECT_EQ(client.post("/v1/events", "1", {kNdjson}).status, 202) << "the connection goes on";
}

TEST_F(HttpSourceTest, OneConnectionServesManyRequestsAlsoWhenTheyComeAtOnce) {
  start();
  HttpClient client(port_);
  std::string text;
  for (int i = 0; i < 100; ++i) text += post_text("/v1/topics/n/" + std::to_string(i), std::to_string(i));
  ASSERT_TRUE(client.send(text));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.reply().status, 202) << i;
  const auto stored = intake_.committed();
  ASSERT_EQ(stored.size(), 100u);
  EXPECT_EQ(stored[99].subject, "n/99");
  EXPECT_EQ(stored[99].data, "99");
}

TEST_F(HttpSourceTest, ChunkedBodiesAndExpectContinueWork) {
  start();
  HttpClient client(port_);
  ASSERT_TRUE(
      client.send("POST /v1/events HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.reply().status, 100);
  ASSERT_TRUE(client.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  EXPECT_EQ(client.reply().status, 202);
  EXPECT_EQ(intake_.committed()[0].data, "abcde");
}

TEST_F(HttpSourceTest, RefusesABodyBeforeItComes) {
  start("max_body: 1KiB\nmax_in_flight: 1MiB");
  HttpClient client(port_);
  ASSERT_TRUE(
      client.send("POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: 1025\r\nExpect: 100-continue\r\n\r\n"));
  const HttpReply reply = client.reply();
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.headers.at("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpSourceTest, StatesTheProblemByStatus) {
  start();
  EXPECT_EQ(HttpClient(port_).post("/elsewhere", "").status, 404);
  EXPECT_EQ(HttpClient(port_).post("/v1/events", "x", {"Content-Encoding: gzip"}).status, 415);
  EXPECT_EQ(HttpClient(port_).post("/v1/events", "x", {"Origin: https://example.com"}).status, 403);
  HttpClient get(port_);
  ASSERT_TRUE(get.send("GET /v1/events HTTP/1.1\r\nHost: h\r\n\r\n"));
  const HttpReply reply = get.reply();
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers.at("allow"), "POST");
  HttpClient garbage(port_);
  ASSERT_TRUE(garbage.send("\x16\x03\x01\x02\x00\r\n\r\n"));
  EXPECT_EQ(garbage.reply().status, 400);
  EXPECT_EQ(rig_.metrics().counter("tidegate_http_requests_total", "", {{"source", "test"}, {"code", "4xx"}}).value(),
            5u);
}

TEST_F(HttpSourceTest, PausedSaysComeLaterAtOnceAndReceiptsStillAnswer) {
  start();
  intake_.hold(true);
  HttpClient early(port_);
  ASSERT_TRUE(early.send(post_text("/v1/events", "x")));
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  source_->pause();
  HttpClient late(port_);
  ASSERT_TRUE(late.send("POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"));
  const HttpReply reply = late.reply();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("retry-after"), "2");
  EXPECT_EQ(rig_.health().state, HealthState::paused);
  intake_.commit();
  EXPECT_EQ(early.reply().status, 202);
  source_->resume();
  intake_.hold(false);
  EXPECT_EQ(early.post("/v1/events", "y").status, 202);
  EXPECT_EQ(rig_.health().state, HealthState::ok);
}

TEST_F(HttpSourceTest, ARepeatIsAcknowledgedAndNotStoredAgain) {
  start();
  HttpClient client(port_);
  const HttpReply first = client.post("/v1/events", cloud_event("a"), {kCloudEvent});
  const HttpReply again = client.post(
      "/v1/events", "[" + cloud_event("a") + "," + cloud_event("b") + "," + cloud_event("b") + "]", {kBatch});
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body, "{\"ids\":[\"a\",\"b\",\"b\"]}\n");
  EXPECT_EQ(intake_.committed_count(), 2u);
  EXPECT_EQ(intake_.repeats(), 2u);
}

TEST_F(HttpSourceTest, ARepeatIsKnownAfterARestartUntilTheWindowIsOver) {
  start("deduplicate: { window: 1h }");
  EXPECT_EQ(HttpClient(port_).post("/v1/events", cloud_event("a"), {kCloudEvent}).status, 202);
  start("deduplicate: { window: 1h }");
  EXPECT_EQ(HttpClient(port_).post("/v1/events", cloud_event("a"), {kCloudEvent}).status, 202);
  EXPECT_EQ(intake_.committed_count(), 1u);
  rig_.skip(1h);
  EXPECT_EQ(HttpClient(port_).post("/v1/events", cloud_event("a"), {kCloudEvent}).status, 202);
  EXPECT_EQ(intake_.committed_count(), 2u);
}

TEST_F(HttpSourceTest, ARepeatOfWhatIsNotDurableYetWaitsForItsReceipt) {
  start();
  intake_.hold(true);
  HttpClient first(port_), second(port_);
  ASSERT_TRUE(first.send(post_text("/v1/events", cloud_event("a"), {kCloudEvent})));
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  ASSERT_TRUE(second.send(post_text("/v1/events", cloud_event("a"), {kCloudEvent})));
  ASSERT_TRUE(eventually([&] { return intake_.submissions() == 2; }));
  EXPECT_FALSE(second.has_input());
  intake_.commit();
  EXPECT_EQ(first.reply().status, 202);
  EXPECT_EQ(second.reply().status, 202);
  EXPECT_EQ(intake_.committed_count(), 1u);
}

TEST_F(HttpSourceTest, AnIdWhoseSubmissionFailedIsForgotten) {
  start();
  intake_.hold(true);
  HttpClient client(port_);
  ASSERT_TRUE(client.send(post_text("/v1/events", cloud_event("a"), {kCloudEvent})));
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  intake_.commit(Admission::stopping);
  EXPECT_EQ(client.reply().status, 503);
  intake_.hold(false);
  EXPECT_EQ(client.post("/v1/events", cloud_event("a"), {kCloudEvent}).status, 202);
  EXPECT_EQ(intake_.committed_count(), 1u);
}

TEST_F(HttpSourceTest, ASignedRequestThatIsReplayedIsNotStoredAgain) {
  start("signature: { secrets: whsec_AQID }");
  const std::string at = std::to_string(rig_.context().clock->wall().time_since_epoch() / 1s);
  const std::vector<std::string> headers = {
      "webhook-id: msg_1", "webhook-timestamp: " + at,
      "webhook-signature: " + auth::webhook_signature("\1\2\3", "msg_1", at, "{\"a\":1}")};
  HttpClient client(port_);
  EXPECT_EQ(client.post("/v1/events", "{\"a\":1}", headers).body, "{\"ids\":[\"msg_1\"]}\n");
  EXPECT_EQ(client.post("/v1/events", "{\"a\":1}", headers).body, "{\"ids\":[\"msg_1\"]}\n");
  EXPECT_EQ(intake_.committed_count(), 1u);
  EXPECT_EQ(client.post("/v1/events", "{\"a\":2}", headers).status, 401);
}

TEST_F(HttpSourceTest, WithoutItsTokenNothingIsReadOfABody) {
  start("auth: { tokens: s3cret }");
  HttpClient client(port_);
  ASSERT_TRUE(client.send("POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"));
  const HttpReply reply = client.reply();
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.headers.at("www-authenticate"), "Bearer");
  EXPECT_EQ(HttpClient(port_).post("/v1/events", "x", {"Authorization: Bearer s3cret"}).status, 202);
}

TEST_F(HttpSourceTest, SlowSendersAreCutOff) {
  start();
  HttpClient header(port_), body(port_), silent(port_);
  ASSERT_TRUE(header.send("POST /v1"));
  ASSERT_TRUE(body.send("POST /v1/events HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"));
  EXPECT_EQ(body.reply().status, 100);
  EXPECT_EQ(HttpClient(port_).post("/v1/events", "x").status, 202) << "they hold up nobody";
  rig_.skip(limits::kIngestBodyGrace);
  EXPECT_EQ(header.reply().status, 408);
  EXPECT_EQ(body.reply().status, 408);
  rig_.skip(limits::kIngestIdleTime);
  EXPECT_TRUE(silent.closed());
}

TEST_F(HttpSourceTest, BytesInFlightAreBounded) {
  start("max_body: 1MiB\nmax_in_flight: 1MiB");
  intake_.hold(true);
  HttpClient first(port_);
  ASSERT_TRUE(first.send(post_text("/v1/events", std::string(600'000, 'x'))));
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  EXPECT_EQ(HttpClient(port_).post("/v1/events", std::string(600'000, 'y')).status, 503);
  HttpClient chunked(port_);
  chunked.send("POST /v1/events HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n" +
               std::string(0x80000, 'z'));
  EXPECT_EQ(chunked.reply().status, 503);
  intake_.commit();
  EXPECT_EQ(first.reply().status, 202);
  intake_.hold(false);
  EXPECT_EQ(HttpClient(port_).post("/v1/events", std::string(600'000, 'y')).status, 202);
}

TEST_F(HttpSourceTest, ANewClientTakesThePlaceOfTheOneThatIsSilentLongest) {
  start("max_connections: 2");
  HttpClient silent(port_), busy(port_);
  EXPECT_EQ(silent.post("/v1/events", "x").status, 202);
  intake_.hold(true);
  ASSERT_TRUE(busy.send(post_text("/v1/events", "y")));
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  HttpClient next(port_);
  ASSERT_TRUE(next.send(post_text("/v1/events", "z")));
  EXPECT_TRUE(silent.closed());
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 2; }));
  EXPECT_TRUE(HttpClient(port_).closed()) << "nobody is idle, so the new one goes";
  intake_.commit();
  EXPECT_EQ(busy.reply().status, 202);
  EXPECT_EQ(next.reply().status, 202);
}

TEST_F(HttpSourceTest, StopAnswersWhatBecomesDurableAndClosesTheRest) {
  start();
  intake_.hold(true);
  HttpClient waiting(port_), idle(port_);
  EXPECT_TRUE(idle.send("POST"));
  ASSERT_TRUE(waiting.send(post_text("/v1/events", "x")));
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  std::thread stopper([this] { source_->stop(); });
  EXPECT_TRUE(idle.closed());
  intake_.commit();
  const HttpReply reply = waiting.reply();
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.headers.at("connection"), "close");
  stopper.join();
}

TEST_F(HttpSourceTest, ADropPolicyAcknowledgesAndAnInvalidEventIsRefused) {
  start();
  intake_.answer_events_with(Admission::refused_full);
  EXPECT_EQ(HttpClient(port_).post("/v1/events", "x").status, 202);
  intake_.answer_events_with(Admission::refused_invalid);
  EXPECT_EQ(HttpClient(port_).post("/v1/events", "x").status, 400);
}

}  // namespace
}  // namespace tidegate::test
