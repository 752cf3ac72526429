// What a scheduler does with what its shaper answers: parts, filtered, failed.

#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/delivery/lane_report.h"
#include "gateway/delivery/limits.h"
#include "gateway/delivery/scheduler.h"
#include "tests/unit/delivery/lane_rig.h"

namespace tidegate::testing {
namespace {

using Ids = std::vector<std::string>;

/// Does what the event's subject says: "filter", "fail", "3" (so many parts); anything else passes as it is.
class ObedientShaper final : public Shaper {
 public:
  std::vector<Shaped> shape(std::span<StoredEvent> events, Instant /*now*/) override {
    ++shaped;
    return answers(events.first(std::min(events.size(), at_most)));
  }
  std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant /*now*/) override { return answers(events); }
  Changes take_changes() override { return std::exchange(changes, {}); }

  [[nodiscard]] std::string trouble() const override { return at_most == 0 ? "no process" : ""; }

  std::size_t at_most = 1000;
  std::size_t shaped = 0;
  bool repaired = false;  ///< "fail" passes
  Changes changes;

 private:
  std::vector<Shaped> answers(std::span<StoredEvent> events) const {
    std::vector<Shaped> all;
    for (StoredEvent& stored : events) all.push_back(answer(stored.event));
    return all;
  }
  [[nodiscard]] Shaped answer(Event& event) const {
    Shaped shape;
    if (event.subject == "filter") return {Shaped::Kind::filtered, {}, false, "test"};
    if (event.subject == "fail" && !repaired) return {Shaped::Kind::failed, {}, false, "data.value is missing"};
    const int parts = std::atoi(event.subject.c_str());
    shape.changed = parts > 0;
    for (int part = 1; part <= parts; ++part) {
      shape.outs.push_back({event, {}});
      shape.outs.back().event.id += "." + std::to_string(part);
      shape.outs.back().event.data = "changed";
    }
    if (parts == 0) shape.outs.push_back({std::move(event), {}});
    return shape;
  }
};

struct Shaping : ::testing::Test {
  void start(DeliveryOptions with) {
    rig.emplace(with);
    auto mine = std::make_unique<ObedientShaper>();
    shaper = mine.get();
    rig->lane.reset();
    rig->shaper = std::move(mine);
    rig->restart();
  }
  void start(std::size_t max_events) {
    DeliveryOptions options;
    options.batch.max_events = max_events;
    start(options);
  }
  /// The one batch that leaves now, as the ids of its events.
  std::pair<BatchId, Ids> send() {
    const auto batch = rig->lane->next_batch(rig->now());
    if (!batch) return {};
    Ids ids;
    for (const OutEvent* out : batch->events) ids.push_back(out->event.id);
    return {batch->id, ids};
  }
  [[nodiscard]] const DeadEvent& dead(std::uint64_t seq) const { return rig->spool.dead().at(Seq{seq}); }

  std::optional<LaneRig> rig;
  ObedientShaper* shaper = nullptr;
};

TEST_F(Shaping, AFilteredEventIsSettledWithoutLeaving) {
  start(1);
  rig->append({"filter", "a", "filter"});
  const auto [batch, ids] = send();
  EXPECT_EQ(ids, (Ids{"2"}));
  rig->deliver({batch, {}});
  rig->settle();
  EXPECT_TRUE(rig->spool.filtered(Seq{1}));
  EXPECT_TRUE(rig->spool.filtered(Seq{3}));
  EXPECT_EQ(rig->spool.state().cursor, Seq{3});
  EXPECT_EQ(rig->lane->counts().filtered.at("test"), 2U);
}

TEST_F(Shaping, WhatTheLaneFiltersBeyondAStuckEventIsBoundedByItsSpan) {
  DeliveryOptions strict;
  strict.order = Order::strict;
  start(strict);
  const std::size_t span = rig->lane->window().events_max() * 4;
  std::vector<std::string> keys(span * 2, "filter");
  keys.front() = "stuck";
  rig->append(keys);
  for (int i = 0; i < 20; ++i) {
    rig->settle();
    rig->read();
  }
  EXPECT_LE(rig->spool.state().settled_ahead.size(), span + limits::kReadEventsMax);
  EXPECT_FALSE(rig->lane->at_end());
}

TEST_F(Shaping, WhatCannotBeShapedIsADeadLetterAndComesBackWholeAfterARepair) {
  start(1);
  rig->append({"fail"});
  EXPECT_TRUE(send().second.empty());
  rig->settle();
  EXPECT_EQ(dead(1).reason, "data.value is missing");
  EXPECT_EQ(dead(1).attempts, 0U);
  EXPECT_EQ(dead(1).event.id, "1");
  shaper->repaired = true;
  rig->spool.retry_dead();
  rig->lane->merge_deferred(rig->spool.deferred(), rig->now());
  const auto [batch, ids] = send();
  EXPECT_EQ(ids, (Ids{"1"}));
  rig->deliver({batch, {}});
  rig->settle();
  EXPECT_TRUE(rig->spool.delivered(Seq{1}));
}

TEST_F(Shaping, AnEventIsDeliveredWhenAllItsPartsAre) {
  start(2);
  rig->append({"5", "a"});
  std::vector<Ids> sent;
  for (int i = 0; i < 3; ++i) {
    const auto [batch, ids] = send();
    sent.push_back(ids);
    EXPECT_FALSE(rig->spool.delivered(Seq{1}));
    rig->deliver({batch, {}});
    rig->settle();
  }
  EXPECT_EQ(sent, (std::vector<Ids>{{"1.1", "1.2"}, {"1.3", "1.4"}, {"1.5", "2"}}));
  EXPECT_TRUE(rig->spool.delivered(Seq{1}));
  EXPECT_TRUE(rig->spool.delivered(Seq{2}));
}

TEST_F(Shaping, OnlyThePartsThatWereNotTakenAreSentAgain) {
  start(3);
  rig->append({"3"});
  const auto [batch, ids] = send();
  EXPECT_EQ(ids, (Ids{"1.1", "1.2", "1.3"}));
  rig->end({batch, {}}, {Fate::delivered, Fate::retry, Fate::retry});
  rig->advance(std::chrono::minutes{1});
  const auto [again, rest] = send();
  EXPECT_EQ(rest, (Ids{"1.2", "1.3"}));
  rig->deliver({again, {}});
  rig->settle();
  EXPECT_TRUE(rig->spool.delivered(Seq{1}));
}

TEST_F(Shaping, ARejectedPartBuriesTheWholeEventAndNamesThePart) {
  start(3);
  rig->append({"3"});
  const auto [batch, ids] = send();
  rig->end({batch, {}}, {Fate::delivered, Fate::rejected, Fate::delivered});
  rig->settle();
  EXPECT_EQ(dead(1).event.id, "1");
  EXPECT_EQ(dead(1).event.data, std::string(10, 'x'));
  EXPECT_EQ(dead(1).reason, "part 1.2: why");
}

TEST_F(Shaping, ARefusedBatchOfOneEventsPartsIsSplitDownToThePart) {
  start(100);
  rig->append({"4"});
  rig->advance(std::chrono::seconds{1});
  const auto [batch, ids] = send();
  EXPECT_EQ(ids.size(), 4U);
  rig->end({batch, {}}, Fate::rejected, Cause::too_large);
  rig->settle();
  const auto [half, two] = send();
  EXPECT_EQ(two, (Ids{"1.1", "1.2"}));
  rig->end({half, {}}, Fate::rejected, Cause::too_large);
  const auto [quarter, one] = send();
  EXPECT_EQ(one, (Ids{"1.1"}));
  rig->end({quarter, {}}, Fate::rejected, Cause::too_large);
  rig->settle();
  EXPECT_EQ(dead(1).reason, "part 1.1: why");
}

TEST_F(Shaping, WhatTheShaperLeavesIsAskedForAgain) {
  start(100);
  shaper->at_most = 2;
  rig->append({"a", "filter", "c", "fail", "e"});
  EXPECT_EQ(shaper->shaped, 3U);
  EXPECT_EQ(rig->lane->window().held(), 3U);
  EXPECT_TRUE(rig->lane->at_end());
}

TEST_F(Shaping, ChangesOfTheShaperTravelWithTheFatesThatBelongToThem) {
  start(1);
  rig->lane->next_settlement(rig->now());
  shaper->changes.state.push_back({"key", "value", false});
  rig->append({"filter"});
  const auto settlement = rig->lane->next_settlement(rig->now());
  ASSERT_TRUE(settlement);
  EXPECT_EQ(settlement->filtered, (std::vector<Seq>{Seq{1}}));
  ASSERT_EQ(settlement->state.size(), 1U);
  EXPECT_EQ(settlement->state.front().key, "key");
}

TEST_F(Shaping, AShaperThatCannotWorkIsAnAlarmUntilItCan) {
  start(1);
  Health health(rig->clock);
  Metrics metrics;
  LaneReport report("temps/cloud", "temps", "cloud", health, metrics);
  const auto alarm = [&] {
    report.update(*rig->lane, rig->now());
    const auto entries = health.entries();
    const auto found = entries.find("transform of lane temps/cloud");
    return found == entries.end() ? "" : std::string(name_of(found->second.state)) + ": " + found->second.detail;
  };
  EXPECT_EQ(alarm(), "");
  shaper->at_most = 0;
  EXPECT_EQ(alarm(), "alarm: cannot transform, its events wait: no process");
  shaper->at_most = 1000;
  EXPECT_EQ(alarm(), "ok: ");
}

}  // namespace
}  // namespace tidegate::testing
