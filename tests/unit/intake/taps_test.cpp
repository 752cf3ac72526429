#include "gateway/intake/taps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/intake/limits.h"
#include "tests/support/clock/virtual_clock.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr LaneId kHotLane{1};
constexpr LaneId kAllCloud{2};
constexpr LaneId kAllFile{3};

Routed routed(std::string subject, std::vector<LaneId> lanes, std::string data = "21.5") {
  Routed out;
  out.event.subject = std::move(subject);
  out.event.data = std::move(data);
  out.lanes = std::move(lanes);
  return out;
}

class TapsTest : public ::testing::Test {
 protected:
  std::uint64_t open(TapRequest request = {}) {
    const auto tap = taps.open(request);
    EXPECT_TRUE(tap) << tap.error().message;
    return tap.value_or(0u);
  }
  void offer(std::vector<Routed> events) { taps.offer(events); }
  std::vector<std::string> subjects(std::uint64_t tap) {
    std::vector<std::string> out;
    const auto batch = taps.poll(tap);
    EXPECT_TRUE(batch) << batch.error().message;
    if (batch) {
      for (const Tapped& tapped : batch->events) out.push_back(tapped.event.subject);
    }
    return out;
  }

  testing::VirtualClock clock;
  Taps taps{{{"hot", *TopicFilter::parse("+/{device}/t"), {kHotLane}},
             {"all", *TopicFilter::parse("#"), {kAllCloud, kAllFile}}},
            clock};
};

TEST_F(TapsTest, ATapShowsEachEventOnceWithTheRoutesThatWantIt) {
  const std::uint64_t tap = open();
  offer({routed("s/a/t", {kHotLane, kAllFile}), routed("other", {})});
  auto batch = taps.poll(tap);
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->events.size(), 2u);
  EXPECT_THAT(batch->events[0].routes, ElementsAre("hot", "all"));
  EXPECT_THAT(batch->events[1].routes, IsEmpty());
  EXPECT_THAT(subjects(tap), IsEmpty());
}

TEST_F(TapsTest, ATapOfARouteShowsWhatThatRouteWants) {
  const std::uint64_t tap = open({.route = "hot"});
  offer({routed("s/a/t", {kHotLane}), routed("s/b/t", {kAllCloud}), routed("s/c/t", {})});
  EXPECT_THAT(subjects(tap), ElementsAre("s/a/t"));
}

TEST_F(TapsTest, ATapWithAPatternShowsWhatMatchesAndKnowsTheCapturesOfItsRoute) {
  const auto where = [](std::string_view json) { return *EventPattern::parse_json(json); };
  const std::uint64_t hot = open({.route = {}, .where = where(R"({"data": [{"numeric": [">", 30]}]})")});
  const std::uint64_t device = open({.route = "hot", .where = where(R"({"captures.device": ["b"]})")});
  offer({routed("s/a/t", {kHotLane}, "31"), routed("s/b/t", {kHotLane}, "29"), routed("other", {}, "32")});
  EXPECT_THAT(subjects(hot), ElementsAre("s/a/t", "other"));
  EXPECT_THAT(subjects(device), ElementsAre("s/b/t"));
}

TEST_F(TapsTest, APatternIsTriedOnSoManyEventsAndBytesAndTheRestIsMissed) {
  const auto none = EventPattern::parse_json(R"({"subject": ["none"]})");
  const std::uint64_t many = open({.route = {}, .where = *none});
  offer(std::vector<Routed>(limits::kTapLooksMax + 2, routed("s", {})));
  EXPECT_EQ(taps.poll(many)->missed, 2u);
  const Routed large = routed("s", {}, std::string(limits::kTapMatchBytesMax + 1, ' '));
  offer({large, large});
  EXPECT_EQ(taps.poll(many)->missed, 1u);
}

TEST_F(TapsTest, AnUnknownRouteIsAnErrorThatNamesThoseThereAre) {
  const auto tap = taps.open({.route = "cold"});
  ASSERT_FALSE(tap);
  EXPECT_EQ(tap.error().code, ErrorCode::not_found);
  EXPECT_THAT(tap.error().message, HasSubstr("hot, all"));
}

TEST_F(TapsTest, WhatHasNoRoomIsCountedAsMissed) {
  const std::uint64_t tap = open();
  offer(std::vector<Routed>(limits::kTapEventsMax + 3, routed("s", {})));
  auto batch = taps.poll(tap);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->events.size(), limits::kTapEventsMax);
  EXPECT_EQ(batch->missed, 3u);
  offer({routed("s", {})});
  batch = taps.poll(tap);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->events.size(), 1u);
  EXPECT_EQ(batch->missed, 0u);
}

TEST_F(TapsTest, TheBytesThatWaitAreBoundedButOneLargeEventIsShown) {
  const std::uint64_t tap = open();
  const Routed large = routed("large", {}, std::string(limits::kTapBytesMax + 1, 'x'));
  offer({large, large, routed("small", {})});
  const auto batch = taps.poll(tap);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->events.size(), 1u);
  EXPECT_EQ(batch->missed, 2u);
}

TEST_F(TapsTest, ATapThatNobodyPollsIsClosed) {
  const std::uint64_t polled = open();
  const std::uint64_t forgotten = open();
  for (int i = 0; i < 4; ++i) {
    clock.advance(limits::kTapExpiry / 2);
    EXPECT_TRUE(taps.poll(polled));
  }
  offer({routed("s", {})});
  EXPECT_FALSE(taps.poll(forgotten));
  EXPECT_THAT(subjects(polled), ElementsAre("s"));
  clock.advance(2 * limits::kTapExpiry);
  offer({routed("s", {})});
  EXPECT_FALSE(taps.any());
}

TEST_F(TapsTest, NothingIsCopiedOnceTheLastTapIsClosed) {
  EXPECT_FALSE(taps.any());
  const std::uint64_t tap = open();
  EXPECT_TRUE(taps.any());
  EXPECT_TRUE(taps.close(tap));
  EXPECT_FALSE(taps.any());
  EXPECT_FALSE(taps.close(tap));
}

TEST_F(TapsTest, TooManyTapsAreRefused) {
  for (std::size_t i = 0; i < limits::kTapsMax; ++i) open();
  const auto one_more = taps.open({});
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code, ErrorCode::full);
}

}  // namespace
}  // namespace tidegate
