// Tumbling windows: what they sum up, when they end, and what is late.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/event/hops.h"
#include "gateway/transform/reduce/limits.h"
#include "tests/unit/reduce/reduce_rig.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::vector<ReduceStep> window(WindowOptions::Late late = WindowOptions::Late::next, std::size_t max_keys = 1000) {
  ReduceStep step;
  step.window.emplace();
  step.window->fields = fields({"data.v", "data.w"});
  step.window->every = 60s;
  step.window->grace = 5s;
  step.window->late = late;
  step.window->max_keys = max_keys;
  return {step};
}

/// Each window as [key, start's minute, count].
json shown(const std::vector<Event>& events) {
  json out = json::array();
  for (const Event& event : events) {
    const json data = json::parse(event.data);
    out.push_back({data["key"]["subject"], std::stoi(data["start"].get<std::string>().substr(14, 2)), data["count"]});
  }
  return out;
}

TEST(Window, SumsUpTheFieldsAndLeavesAsOneEvent) {
  ReduceRig rig(window());
  EXPECT_EQ(rig.give(R"({"v": 4, "w": 1})"), "window");
  EXPECT_EQ(rig.give(R"({"v": 8.5})"), "window");
  rig.advance(59s);
  EXPECT_EQ(rig.give(R"({"v": -2, "w": "none"})"), "window");
  EXPECT_TRUE(rig.emitted().empty());
  rig.advance(1s);
  EXPECT_EQ(rig.give(R"({"v": 100})"), "window");
  const std::vector<Event> emitted = rig.emitted();
  ASSERT_EQ(emitted.size(), 1U);
  EXPECT_EQ(emitted[0].type, "tidegate.window");
  EXPECT_EQ(emitted[0].subject, "site/a/temp");
  EXPECT_EQ(emitted[0].source, "/gw/in");
  EXPECT_EQ(emitted[0].time, rig.start + 60s);
  EXPECT_EQ(json::parse(emitted[0].data), json::parse(R"({
    "key": {"subject": "site/a/temp"}, "start": "2026-05-01T00:00:00.000Z", "end": "2026-05-01T00:01:00.000Z",
    "count": 3, "fields": {"v": {"count": 3, "min": -2, "max": 8.5, "mean": 3.5, "last": -2},
                           "w": {"count": 1, "min": 1, "max": 1, "mean": 1, "last": 1}}})"));
  EXPECT_TRUE(check_event(emitted[0]));
}

TEST(Window, EndsByTheClockWhenNothingLiesUnread) {
  ReduceRig rig(window());
  rig.give(R"({"v": 1})");
  rig.tick();
  EXPECT_EQ(rig.reducer->look_again(), rig.now().steady + 65s);
  rig.advance(64999ms);
  rig.tick();
  EXPECT_TRUE(rig.emitted().empty());
  rig.advance(1ms);
  rig.tick(false);
  EXPECT_TRUE(rig.emitted().empty());
  EXPECT_EQ(rig.reducer->look_again(), SteadyTime::max());
  rig.tick();
  EXPECT_EQ(shown(rig.emitted()), json::parse(R"([["site/a/temp", 0, 1]])"));
  rig.tick();
  EXPECT_TRUE(rig.emitted().empty());
}

TEST(Window, KeysEndApart) {
  ReduceRig rig(window());
  rig.give(R"({"v": 1})", "site/a/temp");
  rig.give(R"({"v": 2})", "site/b/temp");
  rig.advance(60s);
  rig.give(R"({"v": 3})", "site/b/temp");
  EXPECT_EQ(shown(rig.emitted()), json::parse(R"([["site/b/temp", 0, 1]])"));
}

TEST(Window, WhatHasNoneOfTheFieldsLeavesAsItIs) {
  ReduceRig rig(window());
  EXPECT_EQ(rig.give("no JSON"), "");
  EXPECT_EQ(rig.give(R"({"v": "1"})"), "");
  EXPECT_TRUE(rig.emitted().empty());
}

struct LateEvents : ::testing::Test {
  /// An event of a window that has ended, while a later one is open; and what is emitted in the end.
  std::pair<std::string, json> late_with_next_open(WindowOptions::Late late) {
    ReduceRig rig(window(late));
    rig.give(R"({"v": 1})");
    rig.advance(60s);
    rig.give(R"({"v": 2})");
    const std::string answer = rig.give_late(1s, R"({"v": 3})");
    rig.advance(65s);
    rig.tick();
    return {answer, shown(rig.emitted())};
  }
};

TEST_F(LateEvents, CountInTheWindowThatIsOpen) {
  EXPECT_EQ(late_with_next_open(WindowOptions::Late::next),
            std::pair(std::string("window"), json::parse(R"([["site/a/temp", 0, 1], ["site/a/temp", 1, 2]])")));
}

TEST_F(LateEvents, OrLeaveAsTheyAre) {
  EXPECT_EQ(late_with_next_open(WindowOptions::Late::pass),
            std::pair(std::string(""), json::parse(R"([["site/a/temp", 0, 1], ["site/a/temp", 1, 1]])")));
}

TEST_F(LateEvents, OrAreRemoved) {
  EXPECT_EQ(late_with_next_open(WindowOptions::Late::drop),
            std::pair(std::string("late"), json::parse(R"([["site/a/temp", 0, 1], ["site/a/temp", 1, 1]])")));
}

TEST_F(LateEvents, OpenTheNextWindowWhenNoneIsOpen) {
  ReduceRig rig(window());
  rig.give(R"({"v": 1})");
  rig.advance(65s);
  rig.tick();
  EXPECT_EQ(rig.give_late(10s, R"({"v": 2})"), "window");
  rig.advance(60s);
  rig.tick();
  EXPECT_EQ(shown(rig.emitted()), json::parse(R"([["site/a/temp", 0, 1], ["site/a/temp", 1, 1]])"));
}

TEST_F(LateEvents, OfADeviceWhoseClockIsFarAheadAreDealtWithAlike) {
  ReduceRig rig(window());
  rig.give(R"({"v": 1})");
  EXPECT_EQ(rig.give_late(-24h, R"({"v": 2})"), "window");
  rig.advance(65s);
  rig.tick();
  EXPECT_EQ(shown(rig.emitted()), json::parse(R"([["site/a/temp", 0, 2]])"));
  ReduceRig passing(window(WindowOptions::Late::pass));
  EXPECT_EQ(passing.give_late(-24h, R"({"v": 2})"), "");
}

TEST(Window, AGatewayClockThatWasSetBackEndsWhatLiesInItsFuture) {
  ReduceRig rig(window());
  rig.advance(2h);
  rig.give(R"({"v": 1})");
  rig.advance(-1h);
  rig.tick(false);
  EXPECT_EQ(shown(rig.emitted()), json::parse(R"([["site/a/temp", 0, 1]])"));
  EXPECT_EQ(rig.give(R"({"v": 2})"), "window");
  rig.advance(65s);
  rig.tick();
  const std::vector<Event> emitted = rig.emitted();
  ASSERT_EQ(emitted.size(), 1U);
  EXPECT_EQ(emitted[0].time, rig.start + 1h + 60s);
}

TEST(Window, OfAKeyThatIsOneTooManyEndsEarly) {
  ReduceRig rig(window(WindowOptions::Late::next, 2));
  for (const char* subject : {"site/a/t", "site/b/t", "site/a/t", "site/c/t"}) rig.give(R"({"v": 1})", subject);
  EXPECT_EQ(shown(rig.emitted()), json::parse(R"([["site/b/t", 0, 1]])"));
  EXPECT_EQ(rig.reducer->keys_forgotten(), 1U);
}

TEST(Window, WhatWasEmittedIsNotSummedUpAgain) {
  ReduceRig rig(window());
  EXPECT_EQ(rig.give(rig.stored(R"({"v": 1})", "site/a/temp", kInternal.window)), "");
  StoredEvent adopted = rig.stored(R"({"v": 1})", "site/a/temp", kInternal.adopt);
  adopted.event.type = kWindowType;
  EXPECT_EQ(rig.give(adopted), "");
}

TEST(Window, WhatIsReplayedLeavesAsItIs) {
  ReduceRig rig(window());
  EXPECT_EQ(rig.give(rig.stored(R"({"v": 1})", "site/a/temp", kInternal.replay)), "");
  EXPECT_TRUE(rig.emitted().empty());
}

TEST(Window, AdoptedEventsAreSummedUpApartFromLiveOnes) {
  ReduceRig rig(window());
  rig.give(R"({"v": 1})");
  StoredEvent adopted = rig.stored(R"({"v": 2})", "site/a/temp", kInternal.adopt);
  adopted.event.time -= 24h;
  EXPECT_EQ(rig.give(adopted), "window");
  rig.give(R"({"v": 3})");
  rig.advance(65s);
  rig.tick();
  EXPECT_EQ(shown(rig.emitted()), json::parse(R"([["site/a/temp", 0, 1], ["site/a/temp", 0, 2]])"));
}

TEST(Window, SoManyAtOnceEndInSteps) {
  ReduceRig rig(window(WindowOptions::Late::next, 5000));
  for (std::size_t i = 0; i < limits::kReduceEmittedMax + 5; ++i) rig.give(R"({"v": 1})", "site/" + std::to_string(i));
  rig.advance(65s);
  rig.tick();
  EXPECT_EQ(rig.reducer->look_again(), SteadyTime::max());
  EXPECT_EQ(rig.emitted().size(), limits::kReduceEmittedMax);
  EXPECT_EQ(rig.reducer->look_again(), SteadyTime::min());
  rig.tick();
  EXPECT_EQ(rig.emitted().size(), 5U);
}

TEST(Window, KeepsTheGatewaysThatItsEventsPassed) {
  ReduceRig rig(window());
  StoredEvent stored = rig.stored(R"({"v": 1})", "site/a/temp");
  stored.event.attributes = {{"qos", "1"}, {std::string(kHopsAttribute), "a,b"}};
  rig.give(stored);
  rig.advance(65s);
  rig.tick();
  const std::vector<Event> emitted = rig.emitted();
  ASSERT_EQ(emitted.size(), 1U);
  EXPECT_EQ(emitted[0].attributes, (std::vector<std::pair<std::string, std::string>>{{"tidegatehops", "a,b"}}));
}

}  // namespace
}  // namespace tidegate::testing
