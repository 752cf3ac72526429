#include "connectors/aws_sqs/source_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/aws_sqs/aws_sqs.h"

namespace tidegate::aws_sqs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kOrders = "queue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/orders\n";
constexpr const char* kFifo = "queue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/orders.fifo\n";
constexpr const char* kRegion = "region: eu-central-1\n";

std::string fault(const std::string& yaml) {
  const auto options = source_table().parse_text(yaml);
  return options ? "" : options.error().message;
}
std::vector<std::string> topics(const std::string& yaml) {
  const auto options = parse_text(*aws_sqs_source_options(), yaml);
  EXPECT_TRUE(options) << options.error().message;
  return aws_sqs_source_scope(*options, "cloud").topics;
}

TEST(SqsSourceOptions, MistakesAreNamed) {
  EXPECT_EQ(fault(std::string(kOrders) + kRegion), "");
  EXPECT_THAT(fault(kRegion), HasSubstr("queue_url"));
  EXPECT_THAT(fault(std::string(kOrders) + "region: us-east-1"), HasSubstr("make them the same"));
  EXPECT_THAT(fault(std::string(kOrders) + kRegion + "topic: a/#"), HasSubstr("is not a topic"));
  EXPECT_THAT(fault(std::string(kOrders) + kRegion + "topic: a/{site}"), HasSubstr("{group}"));
  EXPECT_THAT(fault(std::string(kOrders) + kRegion + "timeout: { total: 22s }"),
              HasSubstr("5 s longer than wait_time"));
  EXPECT_EQ(fault(std::string(kOrders) + kRegion + "timeout: { total: 22s }\nwait_time: 17s"), "");
  const std::string memory = std::string(kOrders) + kRegion + "deduplicate: { window: 30s }\n";
  EXPECT_THAT(fault(memory), HasSubstr("longer than visibility_timeout"));
  EXPECT_EQ(fault(memory + "visibility_timeout: 10s"), "");
  EXPECT_EQ(fault(std::string(kOrders) + kRegion + "deduplicate: { window: 0s }"), "");
  EXPECT_THAT(fault(std::string(kOrders) + kRegion + "max_messages: 11"), HasSubstr("max_messages"));
  EXPECT_THAT(fault(std::string(kOrders) + kRegion + "visibility_timeout: 5s"), HasSubstr("visibility_timeout"));
}

TEST(SqsSourceOptions, AGroupIsOneLevelOfATopic) {
  EXPECT_EQ(topic_of("a/{group}/b", "pump-7"), "a/pump-7/b");
  EXPECT_EQ(topic_of("a/x{group}y", "a/b+#"), "a/xa_b__y");
  EXPECT_EQ(topic_of("{group}", ""), "_");
  EXPECT_EQ(topic_of("plain", "g"), "plain");
}

TEST(SqsSourceOptions, TheScopeIsKnownWhereNoProducerCanChooseTheSubject) {
  EXPECT_THAT(topics(std::string(kOrders) + kRegion), IsEmpty());
  EXPECT_THAT(topics(std::string(kOrders) + kRegion + "format: raw"), ElementsAre("sqs/cloud"));
  EXPECT_THAT(topics(std::string(kFifo) + kRegion + "format: raw"), ElementsAre("sqs/cloud/+"));
  EXPECT_THAT(topics(std::string(kFifo) + kRegion + "format: raw\ntopic: a{group}/b"), ElementsAre("+/b"));
}

}  // namespace
}  // namespace tidegate::aws_sqs
