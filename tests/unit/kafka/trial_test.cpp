#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/kafka/kafka.h"
#include "connectors/kafka/options.h"

namespace tidegate {
namespace {

TEST(KafkaTrial, AnswersHaveTheProtocolsNames) {
  const auto replicas = judge_kafka_answer({"NOT_ENOUGH_REPLICAS", 5, std::nullopt, ""});
  ASSERT_TRUE(replicas);
  EXPECT_EQ(replicas->outcomes.front().fate, Fate::retry);
  EXPECT_EQ(replicas->cause, Cause::peer_down);
  const auto after = judge_kafka_answer({"NOT_ENOUGH_REPLICAS_AFTER_APPEND", 5, std::nullopt, ""});
  ASSERT_TRUE(after);
  EXPECT_EQ(after->outcomes.front().fate, Fate::unknown);
  EXPECT_EQ(judge_kafka_answer({"MSG_SIZE_TOO_LARGE", 1, std::nullopt, ""})->outcomes.front().fate, Fate::rejected);
  EXPECT_EQ(judge_kafka_answer({"MSG_SIZE_TOO_LARGE", 2, std::nullopt, ""})->outcomes.front().fate, Fate::retry);
  for (const char* none : {"429", "_TRANSPORT", "NO_SUCH_CODE", "", "NO_ERROR"})
    EXPECT_FALSE(judge_kafka_answer({none, 1, std::nullopt, ""})) << none;
}

TEST(KafkaTrial, PreviewShowsTopicKeyAndValue) {
  auto options = kafka::sink_table().parse_text("brokers: a\ntopic: site-${captures.site}");
  ASSERT_TRUE(options) << options.error().message;
  OutEvent event;
  event.event.subject = "sensors/t1";
  event.event.data = "21.5";
  event.captures = {{"site", "oslo"}};
  const auto preview = preview_kafka({}, std::any(*options), event);
  ASSERT_TRUE(preview) << preview.error().message;
  EXPECT_EQ(preview->to, "topic site-oslo, key \"sensors/t1\"");
  EXPECT_EQ(preview->content_type, "application/json");
  EXPECT_EQ(preview->body, "21.5");
  event.captures = {{"site", "no/topic"}};
  EXPECT_FALSE(preview_kafka({}, std::any(*options), event));
}

}  // namespace
}  // namespace tidegate
