// What survives a crash, a change of the config, and more keys than may be remembered.

#include <gtest/gtest.h>

#include <set>

#include "gateway/base/random.h"
#include "tests/unit/reduce/reduce_rig.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;

std::vector<ReduceStep> deadband(std::size_t max_keys = 1000) {
  ReduceStep step;
  step.deadband.emplace();
  step.deadband->field = fields({"data.v"});
  step.deadband->absolute = 1;
  step.deadband->max_keys = max_keys;
  return {step};
}
std::vector<ReduceStep> window(milliseconds every = 60s) {
  ReduceStep step;
  step.window.emplace();
  step.window->key = fields({"captures.device"});
  step.window->fields = fields({"data.v"});
  step.window->every = every;
  return {step};
}
ReduceStep throttle() {
  ReduceStep step;
  step.throttle.emplace();
  step.throttle->events = 3;
  step.throttle->every = 1min;
  return step;
}
ReduceStep changed() {
  ReduceStep step;
  step.changed.emplace();
  step.changed->fields = fields({"data.w"});
  return step;
}
ReduceStep dedupe() {
  ReduceStep step;
  step.dedupe.emplace();
  step.dedupe->within = 1min;
  return step;
}

TEST(Remembering, GoesOnAfterARestart) {
  ReduceRig rig(deadband());
  EXPECT_EQ(rig.give(R"({"v": 5})"), "");
  rig.emitted();
  rig.restart();
  EXPECT_EQ(rig.give(R"({"v": 5.5})"), "deadband");
}

TEST(Remembering, AnEventThatLeftBeforeTheCrashLeavesAgain) {
  ReduceRig rig(deadband());
  const StoredEvent event = rig.stored(R"({"v": 5})", "site/a/temp");
  EXPECT_EQ(rig.give(event), "");
  rig.emitted();
  rig.restart();
  EXPECT_EQ(rig.give(event), "");
  EXPECT_EQ(rig.give(R"({"v": 5})"), "deadband");
}

TEST(Remembering, TheKeyThatLeftLeastRecentlyIsForgottenFirst) {
  ReduceRig rig(deadband(2));
  EXPECT_EQ(rig.give(R"({"v": 1})", "site/a/t"), "");
  EXPECT_EQ(rig.give(R"({"v": 1})", "site/b/t"), "");
  EXPECT_EQ(rig.give(R"({"v": 5})", "site/a/t"), "");
  rig.emitted();
  rig.restart();
  EXPECT_EQ(rig.give(R"({"v": 1})", "site/c/t"), "");
  EXPECT_EQ(rig.reducer->keys_forgotten(), 1U);
  EXPECT_EQ(rig.give(R"({"v": 5})", "site/a/t"), "deadband");
  EXPECT_EQ(rig.give(R"({"v": 1})", "site/b/t"), "");
  rig.emitted();
  EXPECT_EQ(rig.rows.size(), 2U);
}

TEST(Remembering, FewerKeysAfterAChangeOfTheConfig) {
  ReduceRig rig(deadband());
  for (const char* subject : {"site/a/t", "site/b/t", "site/c/t"}) rig.give(R"({"v": 1})", subject);
  rig.emitted();
  rig.restart(deadband(1));
  EXPECT_EQ(rig.give(R"({"v": 1})", "site/c/t"), "deadband");
  rig.emitted();
  EXPECT_EQ(rig.rows.size(), 1U);
}

TEST(Remembering, AStepThatIsGoneLeavesNothingBehindAndItsWindowsEnd) {
  ReduceRig rig(window());
  rig.give(R"({"v": 5})", "site/a/t");
  rig.give(R"({"v": 6})", "site/b/t");
  rig.emitted();
  for (const std::vector<ReduceStep>& next : {deadband(), window(30s), std::vector<ReduceStep>{}}) {
    const auto rows = rig.rows;
    rig.restart(next);
    const std::vector<Event> emitted = rig.emitted();
    ASSERT_EQ(emitted.size(), 2U);
    EXPECT_EQ(emitted[0].data,
              R"({"key":{"captures.device":"b"},"start":"2026-05-01T00:00:00.000Z","end":"2026-05-01T00:01:00.000Z",)"
              R"("count":1,"fields":{"v":{"count":1,"min":6,"max":6,"mean":6,"last":6}}})");
    EXPECT_TRUE(rig.rows.empty());
    rig.rows = rows;
  }
}

TEST(Remembering, RowsThatCannotBeReadAreErased) {
  ReduceRig rig(deadband());
  rig.give(R"({"v": 5})");
  rig.emitted();
  for (const std::string& damaged : {std::string(), std::string("\x02\x01\x01\x01", 4), std::string("\xff")}) {
    rig.rows.begin()->second = damaged;
    rig.restart();
    rig.emitted();
    ASSERT_TRUE(rig.rows.empty());
    EXPECT_EQ(rig.give(R"({"v": 5})"), "");
    rig.emitted();
    ASSERT_EQ(rig.rows.size(), 1U);
  }
}

/// What left in the whole of a life that crashes here and there, and what was emitted. Every event that left before a
/// crash and was not settled is judged again, as a lane would.
struct Life {
  std::vector<std::string> left;
  std::vector<Event> emitted;
};
Life live(const std::vector<ReduceStep>& steps, std::uint64_t crash_percent) {
  ReduceRig rig(steps);
  SeededRandom load(7);
  SeededRandom fate(crash_percent);
  std::vector<StoredEvent> log;
  std::vector<WallTime> nows;
  for (int i = 0; i < 4000; ++i) {
    rig.advance(milliseconds(load.below(2000)));
    log.push_back(
        rig.stored(R"({"v":)" + std::to_string(load.below(6)) + R"(,"w":)" + std::to_string(load.below(2)) + "}",
                   "site/" + std::to_string(load.below(8)) + "/t"));
    log.back().event.time -= milliseconds(load.below(5000));
    nows.push_back(rig.now().wall);
  }
  Life life;
  std::vector<char> settled(log.size()), durable(log.size());
  Life durable_life;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (settled[i] != 0) continue;
    const auto removed = rig.reducer->judge(log[i], log[i].event.time, {SteadyTime{}, nows[i]});
    if (!removed) life.left.push_back(log[i].event.id);
    // What leaves is not delivered before the next commit; what is removed is settled with it.
    settled[i] = removed ? 1 : 0;
    if (load.below(10) == 0) {
      for (Event& event : rig.emitted()) durable_life.emitted.push_back(std::move(event));
      // Some of what left is delivered by now.
      for (std::size_t j = 0; j <= i; ++j) settled[j] = settled[j] != 0 || fate.below(2) == 0 ? 1 : 0;
      durable = settled;
      durable_life.left = life.left;
    }
    if (fate.below(1000) < crash_percent * 10) {
      rig.restart();
      settled = durable;
      life.left = durable_life.left;
      i = static_cast<std::size_t>(-1);
    }
  }
  for (Event& event : rig.emitted()) durable_life.emitted.push_back(std::move(event));
  life.emitted = std::move(durable_life.emitted);
  return life;
}

TEST(Remembering, ALifeWithCrashesEndsAsOneWithout) {
  std::vector<ReduceStep> all = deadband(6);
  all.push_back(changed());
  all.push_back(dedupe());
  all.push_back(throttle());
  all.push_back(window().front());
  for (const std::vector<ReduceStep>& steps : {deadband(), deadband(6), window(5s), all}) {
    const Life whole = live(steps, 0);
    const Life crashed = live(steps, 1);
    std::set<std::string> once(crashed.left.begin(), crashed.left.end());
    EXPECT_EQ(once, std::set<std::string>(whole.left.begin(), whole.left.end()));
    EXPECT_EQ(crashed.emitted, whole.emitted);
  }
}

}  // namespace
}  // namespace tidegate::testing
