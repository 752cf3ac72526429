#include "connectors/mqtt/topic_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::mqtt {
namespace {

OutEvent reading() {
  OutEvent out;
  out.event.id = "id-1";
  out.event.source = "/plant-7/floor";
  out.event.type = "reading";
  out.event.subject = "sensors/hall-2/dev-9";
  out.captures = {{"hall", "hall-2"}, {"device", "dev-9"}};
  return out;
}

std::string expanded(std::string_view text, const OutEvent& event = reading()) {
  const auto parsed = TopicTemplate::parse(text);
  EXPECT_TRUE(parsed) << parsed.error().message;
  std::string topic;
  const Status done = parsed->expand(event, topic);
  EXPECT_TRUE(done) << done.error().message;
  return topic;
}

std::string refusal(std::string_view text, const OutEvent& event = reading()) {
  const auto parsed = TopicTemplate::parse(text);
  if (!parsed) return parsed.error().message;
  std::string topic;
  const Status done = parsed->expand(event, topic);
  EXPECT_EQ(done ? ErrorCode::io : done.error().code, ErrorCode::invalid) << topic;
  return done ? "" : done.error().message;
}

TEST(TopicTemplate, PutsCapturesAndTheEventsOwnIn) {
  EXPECT_EQ(expanded("site/{hall}/{device}"), "site/hall-2/dev-9");
  EXPECT_EQ(expanded("plant-7/{subject}"), "plant-7/sensors/hall-2/dev-9");
  EXPECT_EQ(expanded("{type}{source}/{id}"), "reading/plant-7/floor/id-1");
  EXPECT_EQ(expanded("fixed/topic"), "fixed/topic");
  EXPECT_EQ(expanded("{hall}{device}"), "hall-2dev-9");
}

TEST(TopicTemplate, ACaptureGoesBeforeTheEventsOwn) {
  OutEvent event = reading();
  event.captures.emplace_back("id", "captured");
  EXPECT_EQ(expanded("x/{id}", event), "x/captured");
}

TEST(TopicTemplate, SaysWhatIsWrongWithItsText) {
  for (const char* text : {"a/{b", "a/}b", "a/{}", "a/{b{c}}", "{", "}"})
    EXPECT_THAT(refusal(text), ::testing::HasSubstr("brace")) << text;
  EXPECT_THAT(refusal("a/+"), ::testing::HasSubstr("subscriptions"));
  EXPECT_THAT(refusal("#"), ::testing::HasSubstr("subscriptions"));
  EXPECT_THAT(refusal(""), ::testing::HasSubstr("empty"));
}

TEST(TopicTemplate, RefusesEventsThatGiveNoTopicToPublishTo) {
  EXPECT_THAT(refusal("a/{line}"), ::testing::HasSubstr("{line}"));
  OutEvent event = reading();
  event.event.subject = "a/+/b";
  EXPECT_THAT(refusal("{subject}", event), ::testing::HasSubstr("+, #"));
  event.event.subject = "a\xFF";
  EXPECT_THAT(refusal("{subject}", event), ::testing::HasSubstr("UTF-8"));
  event.event.subject.clear();
  EXPECT_THAT(refusal("{subject}", event), ::testing::HasSubstr("no topic"));
  event.event.subject.assign(60'000, 'a');
  EXPECT_THAT(refusal("{subject}/{subject}", event), ::testing::HasSubstr("120001 bytes"));
}

TEST(TopicTemplate, NamesWhatOnlyARouteCanGive) {
  EXPECT_THAT(TopicTemplate::parse("{site}/{id}/{device}")->captures_wanted(),
              ::testing::ElementsAre("site", "device"));
}

}  // namespace
}  // namespace tidegate::mqtt
