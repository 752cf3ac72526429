#include "connectors/splunk_hec/splunk_hec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/splunk_hec/options.h"
#include "gateway/routing/topic_filter.h"
#include "store_rig.h"

namespace tidegate::splunk_hec {
namespace {

using stores::told;
using ::testing::HasSubstr;

class Hec : public ::testing::Test {
 protected:
  std::string answered(unsigned status, std::string body) {
    if (events_.empty()) events_ = {rig_.event("1"), rig_.event("2"), rig_.event("3")};
    rig_.answer(status, std::move(body));
    return told(rig_.send(events_));
  }

  stores::StoreRig rig_{
      *splunk_hec_sink_options(), make_splunk_hec_sink,
      "{ token: s3cret-token, index: plant, fields: { site: '${captures.site}', line: '${data.line?}' } }"};
  std::vector<const OutEvent*> events_;
};

TEST_F(Hec, ABatchIsItsEventsOneBehindTheOther) {
  rig_.answer(200, R"({"text":"Success","code":0})");
  EXPECT_EQ(told(rig_.send({rig_.event(R"({"v":1,"line":4})"), rig_.event("plain \"text\"")})), "delivered\nnone");
  const auto request = rig_.last();
  EXPECT_EQ(request.target, "/base/services/collector/event");
  EXPECT_EQ(request.headers.at("authorization"), "Splunk s3cret-token");
  EXPECT_EQ(request.body,
            R"({"time":1767225601.005,"index":"plant","source":"a/b","fields":{"site":"hall-2","line":"4"},)"
            R"("event":{"v":1,"line":4}})"
            "\n"
            R"({"time":1767225602.005,"index":"plant","source":"a/b","fields":{"site":"hall-2"},)"
            R"("event":{"data_base64":"cGxhaW4gInRleHQi"}})"
            "\n");
}

TEST_F(Hec, ABlankEventIsADeadLetter) {
  EXPECT_THAT(told(rig_.send({rig_.event("")})), HasSubstr("rejected: the payload is empty"));
}

TEST_F(Hec, OnlyCodeZeroIsSuccess) {
  EXPECT_THAT(answered(200, "{}"), HasSubstr("unknown: HTTP 200"));
  EXPECT_THAT(answered(200, R"({"text":"Queue full","code":9})"), HasSubstr("\npeer_down"));
  EXPECT_THAT(answered(200, "<html>"), HasSubstr("not an answer of the service"));
}

TEST_F(Hec, TheEventThatIsNamedIsRejectedAndTheOthersAreSentAgain) {
  EXPECT_EQ(answered(400, R"({"text":"Invalid data format","code":6,"invalid-event-number":1})"),
            "unknown: HTTP 400: Invalid data format\nrejected: HTTP 400: Invalid data format\n"
            "retry: HTTP 400: Invalid data format\nnone");
  EXPECT_THAT(answered(400, R"({"text":"Invalid data format","code":6,"invalid-event-number":3})"),
              HasSubstr("\npoison_suspected"));
  EXPECT_THAT(answered(400, R"({"text":"Invalid data format","code":6})"), HasSubstr("\npoison_suspected"));
}

TEST_F(Hec, WhatIsWrongWithTheTokenIsNoEventsFault) {
  EXPECT_EQ(answered(400, R"({"text":"Data channel is missing","code":10})"),
            "retry: HTTP 400: Data channel is missing; turn indexer acknowledgement off for the token\npeer_down");
  EXPECT_THAT(answered(400, R"({"text":"Incorrect index","code":7,"invalid-event-number":1})"),
              HasSubstr("\npeer_down"));
  EXPECT_THAT(answered(403, R"({"text":"Invalid token","code":4})"), HasSubstr("Invalid token\nunauthorized"));
  EXPECT_THAT(answered(404, "no"), HasSubstr("\npeer_down"));
}

TEST_F(Hec, AnIndexThatAnEventNamedIsItsFault) {
  stores::StoreRig rig(*splunk_hec_sink_options(), make_splunk_hec_sink, "{ token: s3cret-token, index: '${data.i}' }");
  rig.answer(400, R"({"text":"Incorrect index","code":7,"invalid-event-number":0})");
  EXPECT_EQ(told(rig.send({rig.event(R"({"i":"x"})"), rig.event(R"({"i":"y"})")})),
            "rejected: HTTP 400: Incorrect index\nretry: HTTP 400: Incorrect index\nnone");
}

TEST_F(Hec, LoadIsWaitedFor) {
  EXPECT_THAT(answered(503, R"({"text":"Server is busy","code":9})"), HasSubstr("Server is busy\npeer_down"));
  EXPECT_THAT(answered(429, R"({"text":"Queue at capacity","code":26})"), HasSubstr("\nthrottled"));
}

TEST_F(Hec, TheProbeTellsWhatIsWrong) {
  rig_.answer(400, R"({"text":"No data","code":5})");
  EXPECT_TRUE(rig_.connect());
  rig_.answer(403, R"({"text":"Invalid token","code":4})");
  EXPECT_EQ(rig_.connect().error().message, "HTTP 403: Invalid token");
  rig_.answer(200, "hello");
  EXPECT_FALSE(rig_.connect());
}

TEST_F(Hec, CloudEventsAndCapturesAreChecked) {
  stores::StoreRig rig(*splunk_hec_sink_options(), make_splunk_hec_sink,
                       "{ token: t, format: cloudevents, host: h, sourcetype: _json }");
  rig.answer(200, R"({"text":"Success","code":0})");
  EXPECT_EQ(told(rig.send({rig.event("1")})), "delivered\nnone");
  EXPECT_THAT(rig.last().body, HasSubstr(R"("host":"h","sourcetype":"_json","source":"a/b","event":{"specversion")"));
  SinkOptions options;
  options.fields.entries = {{"site", "${captures.site}"}};
  EXPECT_FALSE(check_splunk_hec_sink_route(options, *TopicFilter::parse("a")));
  EXPECT_EQ(judge_splunk_hec_answer({"503", 1, {}, {}})->cause, Cause::peer_down);
}

}  // namespace
}  // namespace tidegate::splunk_hec
