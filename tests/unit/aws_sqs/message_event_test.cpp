#include "connectors/aws_sqs/message_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "gateway/event/cloud_events.h"

namespace tidegate::aws_sqs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Message message_of(std::string body) {
  Message message;
  message.id = "m1";
  message.handle = "h1";
  message.body = std::move(body);
  message.sent = WallTime{milliseconds{1'760'000'000'250}};
  message.receive_count = "1";
  return message;
}

Event event_of(Message message, const SourceOptions& options = {}, std::string_view topic = "sqs/orders") {
  auto event = make_event(std::move(message), options, topic);
  EXPECT_TRUE(event) << event.error().message;
  return event ? *std::move(event) : Event{};
}

constexpr const char* kCloudEvent =
    R"({"specversion":"1.0","id":"7","source":"/plant","type":"t","subject":"site/a","time":"2026-01-02T03:04:05Z",)"
    R"("unit":"C","data":{"value":7}})";

TEST(SqsEvent, APayloadHasTheIdOfItsMessageWhateverTheHandle) {
  Message again = message_of("hello");
  again.handle = "h2";
  const Event event = event_of(message_of("hello"));
  EXPECT_EQ(event, event_of(std::move(again)));
  EXPECT_EQ(event.id, "m1");
  EXPECT_EQ(event.source, "");
  EXPECT_EQ(event.subject, "sqs/orders");
  EXPECT_EQ(event.data, "hello");
  EXPECT_EQ(event.datacontenttype, "text/plain; charset=utf-8");
  EXPECT_EQ(event.time, WallTime{milliseconds{1'760'000'000'250}});
  EXPECT_THAT(event.attributes, IsEmpty());
}

TEST(SqsEvent, JsonSaysThatItIsJsonUnlessTheConfigSaysOtherwise) {
  EXPECT_EQ(event_of(message_of(R"({"Records":[]})")).datacontenttype, "application/json");
  SourceOptions options;
  options.content_type = "text/csv";
  EXPECT_EQ(event_of(message_of("1"), options).datacontenttype, "text/csv");
}

TEST(SqsEvent, ACloudEventIsThatEvent) {
  const Event event = event_of(message_of(kCloudEvent));
  EXPECT_EQ(event.id, "7");
  EXPECT_EQ(event.source, "/plant");
  EXPECT_EQ(event.type, "t");
  EXPECT_EQ(event.subject, "site/a");
  EXPECT_EQ(event.data, R"({"value":7})");
  EXPECT_EQ(event.time, WallTime{std::chrono::seconds{1'767'323'045}});
  EXPECT_THAT(event.attributes, ElementsAre(Pair("unit", "C"), Pair("messageid", "m1")));
}

TEST(SqsEvent, WhatTheGatewaySentToAQueueComesBackAsTheSameEvent) {
  Event sent;
  sent.id = "0199";
  sent.source = "/gw/floor";
  sent.type = "tidegate.mqtt.message";
  sent.subject = "site/a";
  sent.time = WallTime{milliseconds{1'760'000'000'250}};
  sent.datacontenttype = "application/octet-stream";
  sent.data = std::string("\x00\xff", 2);
  std::string body;
  append_cloud_event(sent, body);
  Event came = event_of(message_of(body));
  came.attributes.clear();
  EXPECT_EQ(came, sent);
}

TEST(SqsEvent, WhatOnlyLooksLikeACloudEventIsAPayloadUnlessNothingElseMayCome) {
  for (const std::string& body : {std::string(R"({"specversion":"1.0","id":"7"})"), std::string(kCloudEvent) + "x"}) {
    EXPECT_EQ(event_of(message_of(body)).data, body);
    SourceOptions options;
    options.format = BodyFormat::cloudevents;
    const auto refused = make_event(message_of(body), options, "t");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("no CloudEvent: "));
  }
}

TEST(SqsEvent, RawIsRaw) {
  SourceOptions options;
  options.format = BodyFormat::raw;
  const Event event = event_of(message_of(kCloudEvent), options);
  EXPECT_EQ(event.id, "m1");
  EXPECT_EQ(event.data, kCloudEvent);
}

TEST(SqsEvent, WhatTheQueueSaysBecomesAttributes) {
  Message message = message_of("1");
  message.receive_count = "3";
  message.group = "pump 7";
  message.sequence = "18";
  message.attributes = {{"site", "a"}, {"receivecount", "mine"}, {"empty", ""}};
  const Event event = event_of(std::move(message), {}, "sqs/orders/{group}");
  EXPECT_EQ(event.subject, "sqs/orders/pump 7");
  EXPECT_THAT(event.attributes, ElementsAre(Pair("messagegroupid", "pump 7"), Pair("sequencenumber", "18"),
                                            Pair("receivecount", "3"), Pair("site", "a")));
}

TEST(SqsEvent, AnAttributeOfTheProducerStaysWhatItIs) {
  Message message = message_of(kCloudEvent);
  message.attributes = {{"unit", "F"}};
  EXPECT_THAT(event_of(std::move(message)).attributes, ElementsAre(Pair("unit", "C"), Pair("messageid", "m1")));
}

constexpr const char* kNotification =
    R"({"Type":"Notification","MessageId":"n1","TopicArn":"arn:aws:sns:eu-central-1:123456789012:alarms","Subject":"Hot",)"
    R"("Message":"{\"value\":99}","Timestamp":"2026-01-02T03:04:05.678Z",)"
    R"("MessageAttributes":{"site":{"Type":"String","Value":"a"}}})";

TEST(SqsEvent, ANotificationStaysWholeUnlessItIsToBeUnwrapped) {
  EXPECT_EQ(event_of(message_of(kNotification)).data, kNotification);
  SourceOptions options;
  options.unwrap_sns = true;
  const Event event = event_of(message_of(kNotification), options);
  EXPECT_EQ(event.id, "n1");
  EXPECT_EQ(event.data, R"({"value":99})");
  EXPECT_EQ(event.time, WallTime{milliseconds{1'767'323'045'678}});
  EXPECT_THAT(event.attributes,
              ElementsAre(Pair("messageid", "m1"), Pair("snstopic", "arn:aws:sns:eu-central-1:123456789012:alarms"),
                          Pair("snssubject", "Hot"), Pair("site", "a")));
}

TEST(SqsEvent, ACloudEventInANotificationIsThatEvent) {
  SourceOptions options;
  options.unwrap_sns = true;
  const Event event =
      event_of(message_of(R"({"Type":"Notification","MessageId":"n1","Message":"{\"specversion\":\"1.0\",\"id\":\"7\",)"
                          R"(\"source\":\"/s\",\"type\":\"t\"}"})"),
               options);
  EXPECT_EQ(event.id, "7");
  EXPECT_EQ(event.source, "/s");
}

TEST(SqsEvent, WhatIsNoNotificationIsNotUnwrapped) {
  SourceOptions options;
  options.unwrap_sns = true;
  for (const char* body :
       {"plain", R"({"Type":"SubscriptionConfirmation","MessageId":"n","Message":"m"})",
        R"({"Type":"Notification","MessageId":"n","Message":{}})", R"({"Type":"Notification","Message":"m"})"}) {
    EXPECT_EQ(event_of(message_of(body), options).data, body);
  }
}

TEST(SqsEvent, WhatIsMoreThanAnEventMayHaveIsRefused) {
  EXPECT_FALSE(make_event(message_of(std::string(limits::kEventDataBytesMax + 1, 'x')), {}, "t"));
  Message message = message_of("1");
  message.attributes = {{"big", std::string(limits::kEventAttributeBytesMax, 'x')}};
  const auto refused = make_event(std::move(message), {}, "t");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("attributes"));
}

}  // namespace
}  // namespace tidegate::aws_sqs
