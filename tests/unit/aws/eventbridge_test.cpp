#include <gmock/gmock.h>

#include "connectors/aws_eventbridge/service.h"
#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws_eventbridge {
namespace {

using aws::event_of;
using aws::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

BusService service_of(const std::string& yaml) {
  return BusService(aws::options_of(sink_table(), "region: eu-central-1\n" + yaml));
}

TEST(AwsEventBridge, ABatchIsOnePutEvents) {
  BusService service = service_of("bus: plant");
  const auto wrote = write(service, {event_of("id-1"), event_of("id-2")});
  EXPECT_EQ(wrote.request.url, "https://events.eu-central-1.amazonaws.com/");
  EXPECT_EQ(wrote.header("X-Amz-Target"), "AWSEvents.PutEvents");
  EXPECT_EQ(wrote.header("Content-Type"), "application/x-amz-json-1.1");
  const auto entry = wrote.json()["Entries"][1];
  EXPECT_EQ(entry["EventBusName"], "plant");
  EXPECT_EQ(entry["Source"], "/gw/floor");
  EXPECT_EQ(entry["DetailType"], "tidegate.mqtt.message");
  EXPECT_DOUBLE_EQ(entry["Time"].get<double>(), 1'760'000'000.25);
  EXPECT_FALSE(entry.contains("Resources"));
  const auto detail = nlohmann::json::parse(entry["Detail"].get<std::string>());
  EXPECT_EQ(detail["id"], "id-2");
  EXPECT_EQ(detail["data"]["value"], 7);
}

TEST(AwsEventBridge, TextsAreFilledByTheEvent) {
  BusService service = service_of(
      "source: com.example.${captures.site}\ndetail_type: v${data.value}\n"
      "resources: [\"urn:site:${captures.site}\", \"${data.device?}\"]\ntrace_header: \"${attributes.trace?}\"");
  OutEvent traced = event_of("id-1");
  traced.event.attributes = {{"trace", "Root=1-2-3"}};
  const auto entries = write(service, {event_of("id-0"), traced}).json()["Entries"];
  EXPECT_EQ(entries[0]["Source"], "com.example.a");
  EXPECT_EQ(entries[0]["DetailType"], "v7");
  EXPECT_THAT(entries[0]["Resources"], ElementsAre("urn:site:a"));
  EXPECT_FALSE(entries[0].contains("TraceHeader"));
  EXPECT_EQ(entries[1]["TraceHeader"], "Root=1-2-3");
}

TEST(AwsEventBridge, ABarePayloadMustBeAnObject) {
  BusService service = service_of("format: raw");
  const auto wrote = write(service, {event_of("1", "[1]"), event_of("2", R"({"a": 1})"), event_of("3", "off")});
  ASSERT_EQ(wrote.written.unfits().size(), 2u);
  EXPECT_THAT(wrote.written.unfits()[0].reason, HasSubstr("no JSON object"));
  EXPECT_EQ(wrote.json()["Entries"][0]["Detail"], R"({"a": 1})");
}

TEST(AwsEventBridge, WhatRulesCouldNotMatchIsUnfit) {
  BusService service = service_of("source: \"${data.s}\"");
  const auto wrote = write(service, {event_of("1", R"({"s":"aws.iot"})"), event_of("2", R"({"s":""})"),
                                     event_of("3", R"({"s":")" + std::string(257, 's') + "\"}"), event_of("4", "{}")});
  ASSERT_EQ(wrote.written.unfits().size(), 4u);
  EXPECT_THAT(wrote.written.unfits()[0].reason, HasSubstr("aws."));
  EXPECT_THAT(wrote.written.unfits()[1].reason, HasSubstr("Source"));
  EXPECT_THAT(wrote.written.unfits()[2].reason, HasSubstr("256"));
}

TEST(AwsEventBridge, OneEventAboveTheLimitIsUnfitAndABatchAboveItIsTooLarge) {
  BusService service = service_of("format: raw");
  const auto object_of = [](std::size_t bytes) { return R"({"a":")" + std::string(bytes - 8, 'x') + "\"}"; };
  const std::size_t around = 14 + 9 + 21;  // time, source, type
  EXPECT_TRUE(write(service, {event_of("1", object_of((1u << 20) - around))}).written.unfits().empty());
  const auto alone = write(service, {event_of("1", object_of((1u << 20) - around + 1))});
  ASSERT_EQ(alone.written.unfits().size(), 1u);
  EXPECT_EQ(alone.written.unfits()[0].reason, "the event has 1048577 bytes, and EventBridge takes 1048576");
  const auto together = write(service, std::vector<OutEvent>(3, event_of("1", object_of(400'000))));
  EXPECT_THAT(together.written.too_large_reason(), HasSubstr("EventBridge takes 1048576 in a request"));
}

TEST(AwsEventBridge, OnlyTheEntriesThatFailedAreSentAgain) {
  BusService service = service_of("");
  const Settled answer = aws::judge(
      service, aws::reply_of(200, R"({"FailedEntryCount":2,"Entries":[{"EventId":"1"},{"ErrorCode":"InternalFailure"},
                             {"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}]})"),
      3);
  EXPECT_THAT(aws::fates_of(answer), ElementsAre(Fate::delivered, Fate::retry, Fate::rejected));
}

TEST(AwsEventBridge, TheProbeIsAnEventThatIsRefusedLast) {
  BusService service = service_of("bus: plant");
  http::Request request;
  ASSERT_TRUE(service.write_probe(request));
  const auto entry = nlohmann::json::parse(request.body)["Entries"][0];
  EXPECT_EQ(entry["EventBusName"], "plant");
  EXPECT_FALSE(nlohmann::json::accept(entry["Detail"].get<std::string>()));
  EXPECT_EQ(aws::probe(service, 200, R"({"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail"}]})"), "");
  EXPECT_THAT(
      aws::probe(service, 400, R"({"__type":"ResourceNotFoundException","message":"Event bus plant does not exist."})"),
      HasSubstr("Event bus plant does not exist.; check its name"));
  EXPECT_THAT(aws::probe(service, 200, R"({"Entries":[{"ErrorCode":"AccessDeniedException"}]})"), HasSubstr("policy"));
  EXPECT_THAT(aws::probe(service, 400, R"({"__type":"UnrecognizedClientException"})"), HasSubstr("access key id"));
  EXPECT_THAT(aws::probe(service, 200, "<html>"), HasSubstr("endpoint"));
}

}  // namespace
}  // namespace tidegate::aws_eventbridge
