#include "gateway/routing/topic_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

bool matches(std::string_view filter, std::string_view topic) {
  const auto parsed = TopicFilter::parse(filter);
  EXPECT_TRUE(parsed) << filter;
  return parsed && parsed->matches(topic);
}

std::string fault(std::string_view filter) {
  const auto parsed = TopicFilter::parse(filter);
  return parsed ? "" : parsed.error().message;
}

// The examples of MQTT 5.0, sections 4.7.1.2, 4.7.1.3 and 4.7.2.
TEST(TopicFilter, MatchesAsTheSpecificationsExamplesSay) {
  EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1"));
  EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1/ranking"));
  EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
  EXPECT_TRUE(matches("sport/#", "sport"));
  EXPECT_TRUE(matches("#", "anything/at/all"));
  EXPECT_TRUE(matches("sport/tennis/+", "sport/tennis/player1"));
  EXPECT_FALSE(matches("sport/tennis/+", "sport/tennis/player1/ranking"));
  EXPECT_FALSE(matches("sport/+", "sport"));
  EXPECT_TRUE(matches("sport/+", "sport/"));
  EXPECT_TRUE(matches("+/+", "/finance"));
  EXPECT_TRUE(matches("/+", "/finance"));
  EXPECT_FALSE(matches("+", "/finance"));
}

TEST(TopicFilter, ALeadingWildcardDoesNotMatchDollarTopics) {
  EXPECT_FALSE(matches("#", "$SYS/broker"));
  EXPECT_FALSE(matches("+/monitor/Clients", "$SYS/monitor/Clients"));
  EXPECT_FALSE(matches("{a}/monitor", "$SYS/monitor"));
  EXPECT_TRUE(matches("$SYS/#", "$SYS/monitor"));
  EXPECT_TRUE(matches("$SYS/monitor/+", "$SYS/monitor/Clients"));
  EXPECT_TRUE(matches("a/+", "a/$b"));
}

TEST(TopicFilter, EmptyLevelsAreLevels) {
  EXPECT_TRUE(matches("a//b", "a//b"));
  EXPECT_FALSE(matches("a//b", "a/b"));
  EXPECT_TRUE(matches("a/+/b", "a//b"));
  EXPECT_FALSE(matches("a", "a/"));
  EXPECT_TRUE(matches("/", "/"));
}

TEST(TopicFilter, CapturesRememberWholeLevels) {
  const auto filter = TopicFilter::parse("sensors/{site}/+/{device}/#");
  ASSERT_TRUE(filter);
  EXPECT_TRUE(filter->matches("sensors/oslo/x/d1/t"));
  EXPECT_THAT(filter->captures("sensors/oslo/x/d1/t"), ElementsAre(Pair("site", "oslo"), Pair("device", "d1")));
  EXPECT_THAT(filter->captures("sensors//x/d1"), ElementsAre(Pair("site", ""), Pair("device", "d1")));
}

TEST(TopicFilter, WrongFiltersAreRefusedWithTheRemedy) {
  EXPECT_THAT(fault(""), HasSubstr("write # to match every topic"));
  EXPECT_THAT(fault("a/#/b"), HasSubstr("# matches all that follow, so it is always the last level"));
  EXPECT_THAT(fault("a/b#"), HasSubstr("has the level \"b#\""));
  EXPECT_THAT(fault("a+/b"), HasSubstr("stand alone between slashes"));
  EXPECT_THAT(fault("a/x{site}"), HasSubstr("has the level \"x{site}\""));
  EXPECT_THAT(fault("a/{}/b"), HasSubstr("has the capture \"{}\""));
  EXPECT_THAT(fault("a/{1a}"), HasSubstr("begins with no digit"));
  EXPECT_THAT(fault("{a}/{b}/{a}"), HasSubstr("captures {a} twice"));
  EXPECT_THAT(fault("$share/group/a/#"), HasSubstr("without $share/group/"));
  EXPECT_THAT(fault(std::string_view("a\0b", 3)), HasSubstr("null character"));
  EXPECT_THAT(fault(std::string(65536, 'a')), HasSubstr("65535"));
  EXPECT_THAT(fault(std::string(128, '/')), HasSubstr("more than 128 levels"));
  EXPECT_EQ(fault(std::string(127, '/')), "");
}

}  // namespace
}  // namespace tidegate
