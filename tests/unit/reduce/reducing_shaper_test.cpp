// A lane that reduces: what is judged, answered and made durable belongs together, whatever crashes.

#include "gateway/transform/reduce/reducing_shaper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "gateway/delivery/scheduler.h"
#include "tests/sim/model_spool.h"
#include "tests/support/clock/virtual_clock.h"
#include "tests/unit/reduce/reduce_rig.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;

ReducerSetup setup(std::vector<ReduceStep> steps) {
  return {std::move(steps), *TopicFilter::parse("#"), "gw/route/sink", kInternal};
}

std::vector<ReduceStep> changed() {
  ReduceStep step;
  step.changed.emplace();
  step.changed->fields = fields({"data.v"});
  return {step};
}

/// Answers at most two events a call, or none; fails those of the subject "fail".
class SlowShaper final : public Shaper {
 public:
  std::vector<Shaped> shape(std::span<StoredEvent> events, Instant /*now*/) override {
    ++calls;
    std::vector<Shaped> shaped;
    for (StoredEvent& stored : events.first(std::min(events.size(), at_most))) {
      Shaped& made = shaped.emplace_back();
      if (stored.event.subject == "fail") {
        made = {Shaped::Kind::failed, {}, false, "cannot"};
      } else {
        made.outs.push_back({std::move(stored.event), {}});
      }
    }
    return shaped;
  }
  std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant now) override { return shape(events, now); }
  std::size_t calls = 0;
  std::size_t at_most = 2;
};

std::vector<StoredEvent> events(const std::vector<std::pair<std::string, std::string>>& subjects_and_data) {
  std::vector<StoredEvent> out;
  for (const auto& [subject, data] : subjects_and_data) {
    StoredEvent& stored = out.emplace_back(StoredEvent{Seq{out.size() + 1}, {}, SourceId{1}});
    stored.event.id = std::to_string(stored.seq.value);
    stored.event.subject = subject;
    stored.event.data = data;
  }
  return out;
}

TEST(ReducingShaper, EveryEventThatIsJudgedIsAnsweredAndTheOthersAreLeftWhole) {
  auto next = std::make_unique<SlowShaper>();
  SlowShaper& slow = *next;
  const auto shaper = make_reducing_shaper(setup(changed()), std::move(next));
  std::vector<StoredEvent> given = events({{"a", R"({"v":1})"},
                                           {"a", R"({"v":1})"},
                                           {"fail", R"({"v":1})"},
                                           {"a", R"({"v":2})"},
                                           {"a", R"({"v":3})"},
                                           {"a", R"({"v":3})"}});
  const std::vector<StoredEvent> before = given;
  std::string answers;
  std::vector<Shaped> shaped = shaper->shape(given, {});
  ASSERT_LT(shaped.size(), given.size());
  for (Shaped& each : shaper->shape(std::span(given).subspan(shaped.size()), {})) shaped.push_back(std::move(each));
  for (const Shaped& each : shaped) {
    answers += each.kind == Shaped::Kind::pass ? each.outs.at(0).event.id : each.reason;
    answers += ' ';
  }
  EXPECT_EQ(answers, "1 unchanged cannot 4 5 unchanged ");
  EXPECT_EQ(slow.calls, 3U);
  for (const std::size_t i : {1, 2, 5}) EXPECT_EQ(given[i].event, before[i].event);
}

TEST(ReducingShaper, AShaperThatAnswersNothingHoldsNobodyUpAndNothingIsJudgedTwice) {
  auto next = std::make_unique<SlowShaper>();
  SlowShaper& slow = *next;
  const auto shaper = make_reducing_shaper(setup(changed()), std::move(next));
  std::vector<StoredEvent> given =
      events({{"a", R"({"v":1})"}, {"a", R"({"v":1})"}, {"a", R"({"v":2})"}, {"a", R"({"v":2})"}});
  const std::vector<StoredEvent> before = given;
  slow.at_most = 0;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(shaper->shape(given, {}).empty());
  for (std::size_t i = 0; i < given.size(); ++i) EXPECT_EQ(given[i].event, before[i].event);
  slow.at_most = 2;
  std::string answers;
  for (std::span<StoredEvent> rest(given); !rest.empty();) {
    const std::vector<Shaped> shaped = shaper->shape(rest, {});
    ASSERT_FALSE(shaped.empty());
    for (const Shaped& each : shaped) {
      answers += each.kind == Shaped::Kind::pass ? each.outs.at(0).event.id : each.reason;
      answers += ' ';
    }
    rest = rest.subspan(shaped.size());
  }
  EXPECT_EQ(answers, "1 unchanged 3 unchanged ");
}

TEST(ReducingShaper, ASlowShaperIsGivenNoMoreThanItAnswersInOneCall) {
  auto next = std::make_unique<SlowShaper>();
  SlowShaper& slow = *next;
  const auto shaper = make_reducing_shaper(setup(changed()), std::move(next));
  std::vector<StoredEvent> given;
  for (int i = 0; i < 100; ++i) given.push_back(events({{std::to_string(i), R"({"v":1})"}}).front());
  for (std::size_t i = 0; i < given.size(); ++i) given[i].seq = Seq{i + 1};
  std::span<StoredEvent> rest(given);
  for (const std::size_t calls : {2U, 3U}) {
    slow.calls = 0;
    rest = rest.subspan(shaper->shape(rest, {}).size());
    EXPECT_EQ(slow.calls, calls);
  }
}

TEST(ReducingShaper, WhatWasDeferredIsNotReducedAgain) {
  const auto shaper = make_reducing_shaper(setup(changed()), make_capture_shaper(*TopicFilter::parse("#")));
  std::vector<StoredEvent> given = events({{"a", R"({"v":1})"}, {"a", R"({"v":1})"}});
  EXPECT_EQ(shaper->shape(given, {})[1].kind, Shaped::Kind::filtered);
  EXPECT_EQ(shaper->reshape(given, {})[1].kind, Shaped::Kind::pass);
}

std::vector<ReduceStep> everything() {
  std::vector<ReduceStep> steps(2);
  steps[0].deadband.emplace();
  steps[0].deadband->field = fields({"data.v"});
  steps[0].deadband->absolute = 1;
  steps[0].deadband->max_keys = 5;
  steps[1].window.emplace();
  steps[1].window->fields = fields({"data.v"});
  steps[1].window->every = 10s;
  steps[1].window->max_keys = 6;
  return steps;
}

/// One life of a lane that reduces: arrivals, requests that end or hang, commits that lag, crashes. The load is the
/// same in every life; what happens to it is drawn from `seed`.
class ReducedLife {
 public:
  /// `ticks`: windows end by the clock as well, at moments that no other life repeats.
  ReducedLife(std::vector<ReduceStep> steps, std::uint64_t seed, bool ticks = false)
      : steps_(std::move(steps)), fate_(seed), ticks_(ticks) {
    start();
  }

  /// Everything that was delivered in the end: ids, and the payloads of windows.
  std::multiset<std::string> run(bool crashes) {
    SeededRandom load(11);
    for (int round = 0; round < 400; ++round) {
      for (std::uint64_t i = load.below(8); i > 0; --i) append(load);
      clock_.advance(500ms);
      step(true);
      for (std::uint64_t i = fate_.below(4); i > 0; --i) commit();
      if (crashes && fate_.below(12) == 0) crash();
    }
    for (int round = 0; round < 50; ++round) {
      clock_.advance(2s);
      step(false);
      while (commit()) {
      }
    }
    std::multiset<std::string> delivered;
    for (std::uint64_t seq = 1; seq <= spool_.last(); ++seq) {
      if (!spool_.delivered(Seq{seq})) continue;
      const Event& event = spool_.event(Seq{seq});
      delivered.insert(event.type == kWindowType ? event.data : event.id);
    }
    EXPECT_EQ(spool_.pending(), 0U);
    EXPECT_EQ(complaints_, std::vector<std::string>{});
    return delivered;
  }

  [[nodiscard]] std::uint64_t arrived() const { return arrived_; }

 private:
  [[nodiscard]] Instant now() const { return {clock_.steady(), clock_.wall()}; }
  void start() {
    shaper_ = make_reducing_shaper(setup(steps_), make_capture_shaper(*TopicFilter::parse("#")));
    shaper_->restore(spool_.state_rows());
    lane_ = std::make_unique<Scheduler>(options_, SinkLimits{5, 1u << 20, 4}, spool_.state(), spool_.deferred(),
                                        *shaper_, random_, now());
    lane_->gate().connected();
  }
  void append(SeededRandom& load) {
    Event event;
    event.id = "e" + std::to_string(++arrived_);
    event.subject = "k" + std::to_string(load.below(8));
    event.time = clock_.wall() - milliseconds(load.below(3000));
    event.data = load.below(20) == 0 ? "no JSON" : R"({"v":)" + std::to_string(load.below(5)) + "}";
    spool_.append(std::move(event), true);
  }
  void step(bool hangs) {
    lane_->more_committed();
    while (const auto wish = lane_->wants_read(now())) {
      LaneRead read = spool_.read(wish->from, wish->events_max, wish->bytes_max);
      for (StoredEvent& stored : read.events) {
        stored.source = stored.event.type == kWindowType ? kInternal.window : SourceId{1};
      }
      lane_->accept(std::move(read), now());
    }
    if (ticks_) lane_->tick(now());
    while (const auto batch = lane_->next_batch(now())) flights_.push_back(batch->id);
    std::erase_if(flights_, [&](BatchId flight) {
      if (hangs && fate_.below(3) != 0) return false;
      lane_->ended({flight, {{Fate::delivered, ""}}, Cause::none, {}}, now());
      return true;
    });
    while (auto settlement = lane_->next_settlement(now())) spool_.settle(std::move(*settlement));
  }
  bool commit() {
    const bool committed = spool_.commit();
    if (committed) lane_->settlement_done();
    return committed;
  }
  void crash() {
    flights_.clear();
    lane_.reset();
    spool_.crash();
    start();
  }

  std::vector<ReduceStep> steps_;
  SeededRandom fate_;
  bool ticks_;
  SeededRandom random_{1};
  VirtualClock clock_;
  DeliveryOptions options_;
  std::vector<std::string> complaints_;
  ModelSpool spool_{LaneId{1}, [this](const std::string& text) { complaints_.push_back(text); }};
  std::unique_ptr<Shaper> shaper_;
  std::unique_ptr<Scheduler> lane_;
  std::vector<BatchId> flights_;
  std::uint64_t arrived_ = 0;
};

TEST(ReducingShaper, ALaneThatCrashesDeliversWhatOneWithoutCrashesDoes) {
  for (const std::vector<ReduceStep>& steps : {changed(), everything()}) {
    const std::multiset<std::string> whole = ReducedLife(steps, 0).run(false);
    ASSERT_GT(whole.size(), 200U);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      EXPECT_EQ(ReducedLife(steps, seed).run(true), whole) << "seed " << seed;
    }
  }
}

TEST(ReducingShaper, EveryEventIsInExactlyOneWindowHoweverItEnds) {
  std::vector<ReduceStep> steps = {everything().back()};
  for (const auto late : {WindowOptions::Late::next, WindowOptions::Late::pass}) {
    steps.front().window->late = late;
    steps.front().window->grace = 0ms;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      ReducedLife life(steps, seed, true);
      std::uint64_t events = 0;
      for (const std::string& delivered : life.run(true)) {
        const auto window = nlohmann::json::parse(delivered, nullptr, false);
        events += window.is_object() ? window["count"].get<std::uint64_t>() : 1;
      }
      EXPECT_EQ(events, life.arrived()) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace tidegate::testing
