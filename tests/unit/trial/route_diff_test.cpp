#include "gateway/trial/route_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/trial/site.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;

Event reading(std::string_view topic, int value) {
  Event event;
  event.id = "id-" + std::to_string(value);
  event.source = "/plant-7/floor";
  event.type = "tidegate.mqtt.message";
  event.subject = topic;
  event.data = R"({"value":)" + std::to_string(value) + "}";
  return event;
}

std::vector<std::uint64_t> counts(const RouteDiff::Lane& lane) {
  return {lane.both, lane.only_before, lane.only_after};
}

TEST(RouteDiff, CountsWhatEachLaneLosesAndGainsAndSaysWhy) {
  const Config before = testing::site(R"(
routes:
  hot: { match: { data: { value: [ { numeric: [ ">", 70 ] } ] } }, to: cloud }
  old: { topic: "a/#", to: hq }
)");
  const Config after = testing::site(R"(
routes:
  hot: { match: { data: { value: [ { numeric: [ ">", 80 ] } ] } }, to: [ cloud, hq ] }
)");
  RouteDiff diff(before, after, 2);
  for (int value = 65; value <= 85; value += 5) diff.add(reading("a/t", value), "floor");

  ASSERT_EQ(diff.lanes().size(), 3u);
  EXPECT_EQ(diff.lanes()[0].name, "hot/cloud");
  EXPECT_THAT(counts(diff.lanes()[0]), ElementsAre(1, 2, 0));
  ASSERT_EQ(diff.lanes()[0].lost.size(), 2u);
  EXPECT_EQ(diff.lanes()[0].lost[0].reason, "data.value is 75, wanted > 80");
  EXPECT_EQ(diff.lanes()[1].name, "hot/hq");
  EXPECT_THAT(counts(diff.lanes()[1]), ElementsAre(0, 0, 1));
  EXPECT_EQ(diff.lanes()[1].gained[0].reason, "the route does not deliver to hq");
  EXPECT_EQ(diff.lanes()[2].name, "old/hq");
  EXPECT_FALSE(diff.lanes()[2].after);
  EXPECT_THAT(counts(diff.lanes()[2]), ElementsAre(0, 5, 0));
  EXPECT_EQ(diff.lanes()[2].lost.size(), 2u);
  EXPECT_EQ(diff.lanes()[2].lost[0].reason, "there is no route old");
  EXPECT_EQ(diff.events(), 5u);
  EXPECT_EQ(diff.nowhere_now(), 4u);
  EXPECT_EQ(diff.somewhere_now(), 0u);
  EXPECT_FALSE(diff.same());
}

TEST(RouteDiff, AConfigWithoutTheSourceGetsNothingOfIt) {
  const Config config = testing::site("routes: { all: { to: cloud } }\n");
  RouteDiff diff(config, config, 1);
  diff.add(reading("a", 1), "gone");
  diff.add(reading("a", 2), "");
  diff.add(reading("a", 3), "erp");
  EXPECT_THAT(counts(diff.lanes()[0]), ElementsAre(2, 0, 0));
  EXPECT_TRUE(diff.same());
}

}  // namespace
}  // namespace tidegate
