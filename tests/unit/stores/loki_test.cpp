#include "connectors/loki/loki.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/loki/limits.h"
#include "connectors/loki/service.h"
#include "gateway/routing/topic_filter.h"
#include "store_rig.h"
#include "tests/support/clock/virtual_clock.h"

namespace tidegate::loki {
namespace {

using stores::told;
using ::testing::HasSubstr;

class Push : public ::testing::Test {
 protected:
  std::string answered(unsigned status, std::string body = {}) {
    if (events_.empty()) events_ = {rig_.event("1"), rig_.event("2"), rig_.event("3")};
    rig_.answer(status, std::move(body));
    return told(rig_.send(events_));
  }

  stores::StoreRig rig_{*loki_sink_options(), make_loki_sink,
                        "{ tenant: plant, labels: { site: '${captures.site}', line: '${data.line?}' } }"};
  std::vector<const OutEvent*> events_;
};

TEST_F(Push, EventsWithTheSameLabelsAreOneStream) {
  rig_.answer(204);
  EXPECT_EQ(
      told(rig_.send({rig_.event(R"({"line":4})"), rig_.event("say \"x\"\n"), rig_.event(R"({"line":4,"v":1})")})),
      "delivered\nnone");
  const auto request = rig_.last();
  EXPECT_EQ(request.target, "/base/loki/api/v1/push");
  EXPECT_EQ(request.headers.at("x-scope-orgid"), "plant");
  EXPECT_EQ(request.body,
            R"({"streams":[{"stream":{"site":"hall-2","line":"4"},"values":[["1767225601005000000","{\"line\":4}"],)"
            R"(["1767225603005000000","{\"line\":4,\"v\":1}"]]},)"
            R"({"stream":{"site":"hall-2"},"values":[["1767225602005000000","say \"x\"\n"]]}]})");
}

TEST_F(Push, MetadataAndCloudEventsAreOptions) {
  stores::StoreRig rig(*loki_sink_options(), make_loki_sink,
                       "{ labels: { a: b }, metadata: { id: '${id}', none: '${data.none?}' }, format: cloudevents }");
  rig.answer(204);
  EXPECT_EQ(told(rig.send({rig.event("1")})), "delivered\nnone");
  EXPECT_THAT(rig.last().body, HasSubstr(R"("{\"specversion\":\"1.0\",\"id\":\"e1\")"));
  EXPECT_THAT(rig.last().body, HasSubstr(R"(",{"id":"e1"}]]}]})"));
}

TEST_F(Push, MoreStreamsThanAllowedAreDeadLetters) {
  stores::StoreRig rig(*loki_sink_options(), make_loki_sink, "{ labels: { n: '${data}' }, max_streams: 2 }");
  rig.answer(204);
  EXPECT_EQ(told(rig.send({rig.event("1"), rig.event("2"), rig.event("3"), rig.event("1")})),
            "delivered\ndelivered\nrejected: it would be a stream more than the 2 of max_streams; a label has too many "
            "values\ndelivered\nnone");
}

TEST(LokiStreams, AnIdleOneMakesRoom) {
  testing::VirtualClock clock;
  Streams streams(2, clock);
  EXPECT_TRUE(streams.use("a"));
  EXPECT_TRUE(streams.use("b"));
  EXPECT_FALSE(streams.use("c"));
  clock.advance(limits::kStreamIdle);
  EXPECT_TRUE(streams.use("a"));
  clock.advance(milliseconds{1});
  EXPECT_TRUE(streams.use("c"));
  EXPECT_FALSE(streams.use("b"));
}

TEST_F(Push, LinesThatAreTooOldAreRejectedAtOnce) {
  const std::string told = answered(
      400,
      "entry for stream '{site=\"hall-2\"}' has timestamp too old: 2026-01-01T00:00:01Z, oldest acceptable timestamp "
      "is: 2026-01-01T00:00:03Z");
  EXPECT_THAT(told, ::testing::MatchesRegex("rejected: [^\n]*\nrejected: [^\n]*\nunknown: [^\n]*\nnone"));
}

TEST_F(Push, OtherRefusalsAreSplit) {
  EXPECT_THAT(answered(400, "entry out of order"),
              HasSubstr("unknown: HTTP 400: entry out of order\npoison_suspected"));
  EXPECT_THAT(answered(400, "oldest acceptable timestamp is: never"), HasSubstr("\npoison_suspected"));
  EXPECT_THAT(answered(400, "oldest acceptable timestamp is: 2020-01-01T00:00:00Z"), HasSubstr("\npoison_suspected"));
  rig_.answer(400, "max entry size exceeded");
  EXPECT_THAT(told(rig_.send({rig_.event("1")})), HasSubstr("rejected: HTTP 400: max entry size exceeded"));
}

TEST_F(Push, LoadCredentialsAndAddressesAreNoEventsFault) {
  EXPECT_THAT(answered(429, "Ingestion rate limit exceeded"), HasSubstr("rate limit exceeded\nthrottled"));
  EXPECT_THAT(answered(401, "no org id"), HasSubstr("no org id\nunauthorized"));
  EXPECT_THAT(answered(404, "404 page not found"), HasSubstr("\npeer_down"));
  EXPECT_THAT(answered(500, "at least 2 live replicas required"), HasSubstr("replicas required\npeer_down"));
  EXPECT_THAT(answered(200, "<html>"), HasSubstr("unknown: HTTP 200"));
}

TEST_F(Push, TheProbeTellsWhatIsWrong) {
  rig_.answer(204);
  EXPECT_TRUE(rig_.connect());
  EXPECT_EQ(rig_.last().body, R"({"streams":[]})");
  rig_.answer(401, "no org id");
  EXPECT_EQ(rig_.connect().error().message, "HTTP 401: no org id");
  rig_.answer(404, "404 page not found");
  EXPECT_EQ(rig_.connect().error().code, ErrorCode::not_found);
}

TEST(LokiOptions, MistakesAreNamed) {
  const auto mistake = [](const std::string& yaml) { return stores::mistake(*loki_sink_options(), yaml); };
  EXPECT_THAT(mistake("{}"), HasSubstr("missing option \"labels\""));
  EXPECT_THAT(mistake("labels: {}"), HasSubstr("a stream needs at least one label"));
  EXPECT_THAT(mistake("labels: { 'a-b': c }"), HasSubstr("\"a-b\" is no name of a label"));
  EXPECT_THAT(mistake("{ labels: { a: b }, max_streams: 0 }"), HasSubstr("out of range"));
  std::string many = "labels: {";
  for (char c = 'a'; c < 'a' + 16; ++c) many += std::string(" ") + c + ": x,";
  EXPECT_THAT(mistake(many + "}"), HasSubstr("Loki takes 15 labels at most"));
  SinkOptions options;
  options.labels.entries = {{"site", "${captures.site}"}};
  EXPECT_FALSE(check_loki_sink_route(options, *TopicFilter::parse("a")));
  EXPECT_EQ(judge_loki_answer({"429", 1, {}, {}})->cause, Cause::throttled);
}

}  // namespace
}  // namespace tidegate::loki
