#include "connectors/kafka/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "connectors/kafka/limits.h"

namespace tidegate::kafka {
namespace {

using ::testing::HasSubstr;

SinkOptions options(const std::string& yaml = "topic: events") {
  auto parsed = sink_table().parse_text("brokers: a\n" + yaml);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *std::move(parsed) : SinkOptions{};
}

OutEvent reading() {
  OutEvent out;
  out.event.id = "0190-7";
  out.event.source = "/plant-7/floor";
  out.event.type = "tidegate.mqtt.message";
  out.event.subject = "sensors/hall-2/t1";
  out.event.time = WallTime{std::chrono::milliseconds{1'767'225'600'250}};
  out.event.data = R"({"value":21.5,"line":"A"})";
  out.captures = {{"hall", "hall-2"}};
  return out;
}

std::map<std::string, std::string> headers(const Outgoing& out) {
  std::map<std::string, std::string> all;
  for (const Header& header : out.headers()) EXPECT_TRUE(all.emplace(header.name, header.value).second) << header.name;
  return all;
}

TEST(KafkaMessage, BinaryModeIsThePayloadAndHeaders) {
  OutEvent event = reading();
  event.event.attributes = {{"qos", "1"}, {"Device-Id", "Gerät 5 \"x\""}, {"id", "not the id"}};
  MessageWriter writer(options());
  Outgoing out;
  ASSERT_TRUE(writer.write(event, out));
  EXPECT_EQ(out.topic, "events");
  EXPECT_EQ(out.key, "sensors/hall-2/t1");
  EXPECT_TRUE(out.has_key);
  EXPECT_EQ(out.value.data(), event.event.data.data());
  EXPECT_FALSE(out.owns_value);
  EXPECT_EQ(headers(out), (std::map<std::string, std::string>{{"content-type", "application/json"},
                                                              {"ce_specversion", "1.0"},
                                                              {"ce_id", "0190-7"},
                                                              {"ce_source", "/plant-7/floor"},
                                                              {"ce_type", "tidegate.mqtt.message"},
                                                              {"ce_subject", "sensors/hall-2/t1"},
                                                              {"ce_time", "2026-01-01T00:00:00.250Z"},
                                                              {"ce_qos", "1"},
                                                              {"ce_deviceid", "Gerät 5 \"x\""},
                                                              {"ce_xid", "not the id"}}));
}

TEST(KafkaMessage, StructuredModeIsOneCloudEvent) {
  MessageWriter writer(options("topic: events\nformat: cloudevents"));
  Outgoing out;
  ASSERT_TRUE(writer.write(reading(), out));
  EXPECT_TRUE(out.owns_value);
  EXPECT_THAT(std::string(out.value), HasSubstr(R"("id":"0190-7")"));
  EXPECT_THAT(std::string(out.value), HasSubstr(R"("data":{"value":21.5,"line":"A"})"));
  EXPECT_EQ(headers(out),
            (std::map<std::string, std::string>{{"content-type", "application/cloudevents+json; charset=utf-8"}}));
}

TEST(KafkaMessage, RawModeIsThePayloadAlone) {
  MessageWriter writer(options("topic: events\nformat: raw\nheaders: {plant: \"7\"}"));
  Outgoing out;
  const OutEvent event = reading();
  ASSERT_TRUE(writer.write(event, out));
  EXPECT_EQ(out.value, event.event.data);
  EXPECT_EQ(headers(out), (std::map<std::string, std::string>{{"plant", "7"}}));
}

TEST(KafkaMessage, NothingOfTheLastMessageIsLeft) {
  MessageWriter writer(options("topic: t-${data.line}\nkey: ${data.line?}"));
  Outgoing out;
  OutEvent event = reading();
  event.event.attributes = {{"a", "1"}, {"b", "2"}};
  ASSERT_TRUE(writer.write(event, out));
  event.event.attributes.clear();
  event.event.subject.clear();
  event.event.data = R"({"line":"B"})";
  ASSERT_TRUE(writer.write(event, out));
  EXPECT_EQ(out.topic, "t-B");
  EXPECT_EQ(out.key, "B");
  EXPECT_EQ(headers(out).count("ce_a"), 0u);
  EXPECT_EQ(headers(out).count("ce_subject"), 0u);
}

TEST(KafkaMessage, KeyIsWhatTheTextSays) {
  MessageWriter writer(options("topic: events\nkey: ${captures.hall}-${data.line}"));
  Outgoing out;
  ASSERT_TRUE(writer.write(reading(), out));
  EXPECT_EQ(out.key, "hall-2-A");
}

TEST(KafkaMessage, TopicMayNameTheRoute) {
  MessageWriter writer(options("topic: plant-${route}"), "alarms");
  Outgoing out;
  ASSERT_TRUE(writer.write(reading(), out));
  EXPECT_EQ(out.topic, "plant-alarms");
}

TEST(KafkaMessage, EventWithoutSubjectHasAnEmptyKey) {
  MessageWriter writer(options());
  Outgoing out;
  OutEvent event = reading();
  event.event.subject.clear();
  ASSERT_TRUE(writer.write(event, out));
  EXPECT_TRUE(out.has_key);
  EXPECT_EQ(out.key, "");
}

TEST(KafkaMessage, OptionalPlaceholderWithoutAValueIsNoKey) {
  MessageWriter writer(options("topic: events\nkey: ${data.unit?}"));
  Outgoing out;
  ASSERT_TRUE(writer.write(reading(), out));
  EXPECT_FALSE(out.has_key);
}

TEST(KafkaMessage, WhatATextCannotBeFilledWithIsInvalid) {
  Outgoing out;
  const Status no_key = MessageWriter(options("topic: events\nkey: ${data.unit}")).write(reading(), out);
  ASSERT_FALSE(no_key);
  EXPECT_EQ(no_key.error().code, ErrorCode::invalid);
  EXPECT_THAT(no_key.error().message, HasSubstr("data.unit"));
  const Status bad_topic = MessageWriter(options("topic: site/${data.line}")).write(reading(), out);
  ASSERT_FALSE(bad_topic);
  EXPECT_THAT(bad_topic.error().message, HasSubstr("topic"));
}

TEST(KafkaMessage, TooLargeSaysBothSizes) {
  MessageWriter writer(options("topic: events\nmax_message_bytes: 2KiB"));
  Outgoing out;
  OutEvent event = reading();
  event.event.data.assign(2048, 'x');
  const Status written = writer.write(event, out);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::invalid);
  EXPECT_THAT(written.error().message, HasSubstr("max_message_bytes is 2048"));
  EXPECT_THAT(written.error().message, HasSubstr(std::to_string(out.bytes())));
  event.event.data.resize(2048 - (out.bytes() - event.event.data.size()));
  EXPECT_TRUE(writer.write(event, out));
  EXPECT_EQ(out.bytes(), 2048u);
}

TEST(KafkaMessage, EmptyPayloadIsAnEmptyValueNotNull) {
  MessageWriter writer(options());
  Outgoing out;
  OutEvent event = reading();
  event.event.data.clear();
  ASSERT_TRUE(writer.write(event, out));
  EXPECT_NE(out.value.data(), nullptr);
  EXPECT_EQ(out.value.size(), 0u);
}

}  // namespace
}  // namespace tidegate::kafka
