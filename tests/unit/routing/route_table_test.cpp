#include "gateway/routing/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "gateway/base/random.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TopicFilter filter(std::string_view text) { return *TopicFilter::parse(text); }

Event about(std::string_view topic, std::string_view data = "") {
  Event event;
  event.subject = topic;
  event.data = data;
  return event;
}

std::vector<std::uint32_t> lanes_for(const RouteTable& table, std::uint32_t source, const Event& event) {
  RouteTable::Scratch scratch;
  std::vector<LaneId> lanes;
  table.match(SourceId{source}, event, scratch, lanes);
  std::vector<std::uint32_t> values;
  for (const LaneId lane : lanes) values.push_back(lane.value);
  return values;
}

std::vector<std::uint32_t> lanes_for(const RouteTable& table, std::uint32_t source, std::string_view topic) {
  return lanes_for(table, source, about(topic));
}

TEST(RouteTable, EveryMatchingRouteGivesItsLanesAscendingAndOnce) {
  const RouteTable table({{{}, filter("a/#"), {LaneId{9}, LaneId{2}}},
                          {{}, filter("a/{x}"), {LaneId{2}, LaneId{4}}},
                          {{}, filter("a/b"), {LaneId{7}}},
                          {{}, filter("c"), {LaneId{1}}}});
  EXPECT_THAT(lanes_for(table, 1, "a/b"), ElementsAre(2, 4, 7, 9));
  EXPECT_THAT(lanes_for(table, 1, "a"), ElementsAre(2, 9));
  EXPECT_THAT(lanes_for(table, 1, "a/c"), ElementsAre(2, 4, 9));
  EXPECT_THAT(lanes_for(table, 1, "b"), IsEmpty());
}

TEST(RouteTable, AnEmptyTableWantsNothing) { EXPECT_THAT(lanes_for(RouteTable({}), 1, "a/b"), IsEmpty()); }

TEST(RouteTable, FromLimitsARouteToItsSources) {
  const RouteTable table({{{SourceId{1}, SourceId{3}}, filter("a"), {LaneId{1}}},
                          {{SourceId{2}}, filter("a"), {LaneId{2}}},
                          {{}, filter("a"), {LaneId{3}}}});
  EXPECT_THAT(lanes_for(table, 1, "a"), ElementsAre(1, 3));
  EXPECT_THAT(lanes_for(table, 2, "a"), ElementsAre(2, 3));
  EXPECT_THAT(lanes_for(table, 4, "a"), ElementsAre(3));
}

TEST(RouteTable, MatchAppendsAfterWhatIsThere) {
  const RouteTable table({{{}, filter("a"), {LaneId{1}}}, {{}, filter("+"), {LaneId{1}}}});
  std::vector<LaneId> lanes{LaneId{5}};
  RouteTable::Scratch scratch;
  table.match(SourceId{1}, about("a"), scratch, lanes);
  EXPECT_THAT(lanes, ElementsAre(LaneId{5}, LaneId{1}));
}

std::string random_levels(SeededRandom& random, std::initializer_list<const char*> words, bool filter_text) {
  std::string text;
  const std::uint64_t count = 1 + random.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) text += '/';
    const std::uint64_t pick = random.below(words.size() + (filter_text ? 3 : 0));
    if (pick < words.size()) {
      text += *(words.begin() + pick);
    } else if (pick == words.size()) {
      text += '+';
    } else if (pick == words.size() + 1) {
      text += "{c" + std::to_string(i) + "}";
    } else {
      return text + "#";
    }
  }
  return text.empty() ? "a" : text;
}

TEST(RouteTable, AgreesWithMatchingEveryRouteByItself) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    std::vector<RouteRule> rules;
    for (std::uint32_t i = 0; i < 30; ++i) {
      RouteRule rule{{}, filter(random_levels(random, {"a", "b", "", "$x"}, true)), {LaneId{1 + i / 2}}};
      for (std::uint64_t s = random.below(3); s > 0; --s) {
        rule.from.push_back(SourceId{static_cast<std::uint32_t>(1 + random.below(3))});
      }
      rules.push_back(std::move(rule));
    }
    const RouteTable table(rules);
    for (int i = 0; i < 100; ++i) {
      const std::string topic = random_levels(random, {"a", "b", "", "$x", "other"}, false);
      const auto source = static_cast<std::uint32_t>(1 + random.below(3));
      std::set<std::uint32_t> expected;
      for (const RouteRule& rule : rules) {
        const bool from = rule.from.empty() || std::ranges::find(rule.from, SourceId{source}) != rule.from.end();
        if (from && rule.filter.matches(topic)) expected.insert(rule.lanes.front().value);
      }
      EXPECT_THAT(lanes_for(table, source, topic), testing::ElementsAreArray(expected))
          << "seed " << seed << " topic " << topic;
    }
  }
}

TEST(RouteTable, RoutesThatDoNotMatchCostNothing) {
  const auto visits = [](std::uint32_t routes) {
    std::vector<RouteRule> rules;
    for (std::uint32_t i = 0; i < routes; ++i) {
      rules.push_back({{}, filter("plant/line" + std::to_string(i) + "/{device}/temperature"), {LaneId{i}}});
    }
    RouteTable::Scratch scratch;
    std::vector<LaneId> lanes;
    return RouteTable(rules).match(SourceId{1}, about("plant/line7/d1/temperature"), scratch, lanes);
  };
  EXPECT_EQ(visits(10), 5u);
  EXPECT_EQ(visits(10'000), 5u);
}

RouteRule with_pattern(std::string_view topic, LaneId lane, std::string_view pattern, std::vector<SourceId> from = {}) {
  return {std::move(from), filter(topic), {lane}, *EventPattern::parse_json(pattern)};
}

TEST(RouteTable, ARouteWithAPatternWantsTopicSourceAndContent) {
  const RouteTable table({with_pattern("s/{site}/t", LaneId{1}, R"({"data":{"v":[{"numeric":[">",80]}]}})"),
                          with_pattern("s/+/t", LaneId{2}, R"({"data":{"v":[91]}})", {SourceId{2}}),
                          with_pattern("s/{site}/t", LaneId{3}, R"({"captures":{"site":["a"]}})"),
                          with_pattern("other", LaneId{4}, R"({"data":{"v":[91]}})"),
                          {{}, filter("s/#"), {LaneId{5}}}});
  EXPECT_THAT(lanes_for(table, 1, about("s/a/t", R"({"v":91})")), ElementsAre(1, 3, 5));
  EXPECT_THAT(lanes_for(table, 2, about("s/b/t", R"({"v":91})")), ElementsAre(1, 2, 5));
  EXPECT_THAT(lanes_for(table, 1, about("s/a/t", R"({"v":9})")), ElementsAre(3, 5));
  EXPECT_THAT(lanes_for(table, 1, about("s/b/t", "no JSON")), ElementsAre(5));
  EXPECT_THAT(lanes_for(table, 1, about("other", R"({"v":91})")), ElementsAre(4));
}

TEST(RouteTable, AScratchServesOneEventAfterTheOther) {
  const RouteTable table({with_pattern("#", LaneId{1}, R"({"data":{"v":[1]}})"),
                          with_pattern("a", LaneId{2}, R"({"data":{"v":[{"exists":false}]}})")});
  RouteTable::Scratch scratch;
  const auto lanes = [&](std::string_view topic, std::string_view data) {
    std::vector<LaneId> found;
    table.match(SourceId{1}, about(topic, data), scratch, found);
    return found;
  };
  EXPECT_THAT(lanes("a", R"({"v":1})"), ElementsAre(LaneId{1}));
  EXPECT_THAT(lanes("a", "{}"), ElementsAre(LaneId{2}));
  EXPECT_THAT(lanes("b", "{}"), IsEmpty());
  EXPECT_THAT(lanes("a", "{"), IsEmpty());
}

}  // namespace
}  // namespace tidegate
