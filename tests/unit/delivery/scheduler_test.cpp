#include "gateway/delivery/scheduler.h"

#include <gtest/gtest.h>

#include <numeric>

#include "gateway/delivery/limits.h"
#include "tests/unit/delivery/lane_rig.h"

namespace tidegate::testing {
namespace {

using std::chrono::seconds;
using Seqs = std::vector<std::uint64_t>;

DeliveryOptions options_of(std::size_t max_events, std::uint32_t in_flight = 4, Order order = Order::by_key) {
  DeliveryOptions options;
  options.batch.max_events = max_events;
  options.in_flight = in_flight;
  options.order = order;
  return options;
}

TEST(Batching, AFullBatchLeavesAtOnceAndAnIncompleteOneAfterMaxWait) {
  LaneRig rig(options_of(3));
  rig.append({"a", "b"});
  EXPECT_TRUE(rig.send().empty());
  rig.advance(milliseconds{150});
  rig.append({"c", "d"});
  EXPECT_EQ(rig.send_one().seqs, (Seqs{1, 2, 3}));
  EXPECT_TRUE(rig.send().empty());
  EXPECT_EQ(rig.advance_to_look().count(), 200);
  EXPECT_EQ(rig.send_one().seqs, (Seqs{4}));
}

TEST(Batching, BytesCloseABatch) {
  DeliveryOptions options = options_of(100);
  options.batch.max_bytes = 250;
  LaneRig rig(options);
  rig.append({"a", "b", "c"}, 100);
  EXPECT_EQ(rig.send_one().seqs, (Seqs{1, 2}));
}

TEST(Batching, AnEventLargerThanMaxBytesLeavesAlone) {
  DeliveryOptions options = options_of(100);
  options.batch.max_bytes = 250;
  LaneRig rig(options);
  rig.append({"a"}, 1000);
  rig.append({"b"}, 100);
  EXPECT_EQ(rig.send_one().seqs, (Seqs{1}));
}

TEST(Batching, ABatchThatTheLanesMemoryCannotHoldDoesNotWaitForMore) {
  DeliveryOptions options = options_of(10'000, 2);
  options.batch.max_bytes = 64u << 20;
  LaneRig rig(options, SinkLimits{10'000, 64u << 20, 16});
  const std::size_t bytes = limits::kWindowBytesMax / 8;
  rig.append(std::vector<std::string>(6, "a"), bytes);
  EXPECT_TRUE(rig.send().empty()) << "there is room for company";
  rig.append(std::vector<std::string>(10, "a"), bytes);
  const SentBatch first = rig.send_one();
  EXPECT_GE(first.seqs.size(), 7u);
  EXPECT_LT(first.seqs.size(), 16u);
  rig.deliver(first);
  rig.settle();
  rig.read();
  const auto [rest, waited] = rig.wait_for_batch();
  EXPECT_EQ(first.seqs.size() + rest.seqs.size(), 16u);
  EXPECT_EQ(waited, options.batch.max_wait) << "the log has no more, but more may come";
}

TEST(Batching, TheSinksOwnLimitsHold) {
  LaneRig rig(options_of(500, 8), SinkLimits{2, 1u << 20, 1});
  rig.append({"a", "b", "c", "d", "e"});
  EXPECT_EQ(rig.send_one().seqs, (Seqs{1, 2}));
}

/// Events go to different places by the size of their payload.
class Places final : public Sink {
 public:
  [[nodiscard]] SinkLimits limits() const noexcept override { return {}; }
  Status connect(Deadline, std::stop_token) override { return {}; }
  [[nodiscard]] std::uint64_t destination(const OutEvent& event) override { return event.event.data.size(); }
  void submit(Batch) override {}
  std::vector<Settled> wait(Deadline, std::stop_token) override { return {}; }
  void wake() noexcept override {}
  void close() noexcept override {}
};

/// A rig of whose events those with `sizes` bytes were appended under `keys`; nothing has left yet.
LaneRig& with_places(LaneRig& rig, Places& places, const std::vector<std::pair<std::string, std::size_t>>& events) {
  rig.destinations = &places;
  rig.restart();
  for (const auto& [key, size] : events) rig.append({key}, size);
  rig.advance(rig.options.batch.max_wait);
  return rig;
}

std::vector<Seqs> seqs_of(const std::vector<SentBatch>& batches) {
  std::vector<Seqs> all;
  for (const SentBatch& batch : batches) all.push_back(batch.seqs);
  return all;
}

TEST(Destinations, EventsForDifferentPlacesNeverShareABatch) {
  LaneRig rig(options_of(10));
  Places places;
  with_places(rig, places, {{"a", 10}, {"b", 10}, {"c", 20}, {"d", 10}});
  EXPECT_EQ(seqs_of(rig.send()), (std::vector<Seqs>{{1, 2, 4}, {3}}));
}

TEST(Destinations, NoEventOvertakesAnEarlierOneOfItsKeyThatGoesElsewhere) {
  LaneRig rig(options_of(10, 1));
  Places places;
  with_places(rig, places, {{"b", 20}, {"a", 10}, {"a", 20}});
  const SentBatch first = rig.send_one();
  EXPECT_EQ(first.seqs, (Seqs{1})) << "3 goes to the same place, but 2 comes before it";
  rig.deliver(first);
  const SentBatch second = rig.send_one();
  EXPECT_EQ(second.seqs, (Seqs{2}));
  rig.deliver(second);
  EXPECT_EQ(rig.send_one().seqs, (Seqs{3}));
}

TEST(Destinations, StrictOrderHoldsAcrossPlaces) {
  LaneRig rig(options_of(10, 4, Order::strict));
  Places places;
  with_places(rig, places, {{"a", 10}, {"b", 20}, {"c", 20}, {"d", 10}});
  const SentBatch first = rig.send_one();
  EXPECT_EQ(first.seqs, (Seqs{1}));
  rig.deliver(first);
  const SentBatch second = rig.send_one();
  EXPECT_EQ(second.seqs, (Seqs{2, 3}));
  rig.deliver(second);
  EXPECT_EQ(rig.send_one().seqs, (Seqs{4}));
}

TEST(Destinations, ABatchThatIsSentAgainKeepsItsPlace) {
  LaneRig rig(options_of(10, 1));
  Places places;
  with_places(rig, places, {{"a", 10}, {"b", 10}, {"c", 20}});
  const SentBatch first = rig.send_one();
  rig.fail(first);
  const SentBatch other = rig.send_one();
  EXPECT_EQ(other.seqs, (Seqs{3}));
  rig.deliver(other);
  EXPECT_EQ(rig.wait_for_batch().first.seqs, (Seqs{1, 2}));
}

TEST(ByKey, NoEventLeavesWhileAnEarlierOneOfItsKeyIsInFlightOrWaiting) {
  LaneRig rig(options_of(2));
  rig.append({"a", "b", "a", "c"});
  // Two batches' worth is ready: the keys are shared out, and no key is in both.
  std::vector<SentBatch> sent = rig.send();
  ASSERT_FALSE(sent.empty());
  const auto holds = [](const SentBatch& batch, std::uint64_t seq) {
    return std::find(batch.seqs.begin(), batch.seqs.end(), seq) != batch.seqs.end();
  };
  for (const SentBatch& batch : sent) {
    EXPECT_TRUE(!holds(batch, 3) || holds(batch, 1));
  }

  LaneRig one(options_of(1));
  one.append({"a", "a"});
  const SentBatch first = one.send_one();
  EXPECT_EQ(first.seqs, (Seqs{1}));
  one.fail(first);
  const SentBatch again = one.wait_for_batch().first;
  EXPECT_EQ(again.seqs, (Seqs{1}));
  one.deliver(again);
  EXPECT_EQ(one.send_one().seqs, (Seqs{2}));
}

TEST(ByKey, AFailedKeyDoesNotStopTheOthers) {
  LaneRig rig(options_of(1, 1));
  rig.append({"bad", "good", "bad", "good"});
  rig.fail(rig.send_one());
  const SentBatch second = rig.send_one();
  EXPECT_EQ(second.seqs, (Seqs{2}));
  rig.deliver(second);
  EXPECT_EQ(rig.send_one().seqs, (Seqs{4}));
}

TEST(ByKey, FewKeysWithABacklogUseEveryRequestInFlight) {
  LaneRig rig(options_of(10, 4));
  std::vector<std::string> keys;
  for (int i = 0; i < 200; ++i) keys.push_back("key-" + std::to_string(i % 40));
  rig.append(keys);
  EXPECT_EQ(rig.send().size(), 4U);
}

SinkLimits out_of_order_sink() {
  SinkLimits limits{500, 1u << 20, 1};
  limits.takes_out_of_order = true;
  return limits;
}

TEST(ByKey, ASinkThatTakesOutOfOrderGetsOneEventOfAKeyPerBatch) {
  LaneRig rig(options_of(10), out_of_order_sink());
  rig.append({"a", "a", "b", "a", "b", "c"});
  const SentBatch first = rig.wait_for_batch().first;
  EXPECT_EQ(first.seqs, (Seqs{1, 3, 6}));
  rig.deliver(first);
  const SentBatch second = rig.wait_for_batch().first;
  EXPECT_EQ(second.seqs, (Seqs{2, 5}));
  rig.fail(second);
  const SentBatch again = rig.wait_for_batch().first;
  EXPECT_EQ(again.seqs, (Seqs{2, 5}));
  rig.deliver(again);
  EXPECT_EQ(rig.wait_for_batch().first.seqs, (Seqs{4}));
}

TEST(Strict, ASinkThatTakesOutOfOrderGetsOneEventPerBatch) {
  LaneRig rig(options_of(10, 4, Order::strict), out_of_order_sink());
  rig.append({"a", "b"});
  const SentBatch first = rig.wait_for_batch().first;
  EXPECT_EQ(first.seqs, (Seqs{1}));
  rig.deliver(first);
  EXPECT_EQ(rig.wait_for_batch().first.seqs, (Seqs{2}));
}

TEST(None, ASinkThatTakesOutOfOrderGetsFullBatches) {
  LaneRig rig(options_of(3, 4, Order::none), out_of_order_sink());
  rig.append({"a", "a", "a"});
  EXPECT_EQ(rig.send_one().seqs, (Seqs{1, 2, 3}));
}

TEST(Strict, OneBatchAtATimeInTheOrderOfTheLog) {
  LaneRig rig(options_of(2, 4, Order::strict));
  rig.append({"a", "b", "c"});
  const SentBatch first = rig.send_one();
  EXPECT_EQ(first.seqs, (Seqs{1, 2}));
  rig.fail(first);
  const SentBatch again = rig.wait_for_batch().first;
  EXPECT_EQ(again.seqs, (Seqs{1, 2}));
  rig.deliver(again);
  rig.advance(seconds{1});
  EXPECT_EQ(rig.send_one().seqs, (Seqs{3}));
}

TEST(None, EventsOfOneKeyGoInParallel) {
  LaneRig rig(options_of(1, 3, Order::none));
  rig.append({"a", "a", "a", "a"});
  EXPECT_EQ(rig.send().size(), 3U);
}

TEST(Cursor, StopsBeforeTheFirstUnsettledEvent) {
  LaneRig rig(options_of(1));
  rig.append({"a", "b", "c"});
  const std::vector<SentBatch> sent = rig.send();
  ASSERT_EQ(sent.size(), 3U);
  rig.deliver(sent[1]);
  rig.deliver(sent[2]);
  rig.settle();
  EXPECT_EQ(rig.spool.state().cursor, Seq{0});
  EXPECT_EQ(rig.spool.state().settled_ahead, (std::vector<Seq>{Seq{2}, Seq{3}}));
  rig.deliver(sent[0]);
  rig.settle();
  EXPECT_EQ(rig.spool.state().cursor, Seq{3});
}

TEST(Cursor, OfAnIdleLaneFollowsEventsOfOthersAtMostOncePerInterval) {
  LaneRig rig(options_of(1));
  const auto other = [&] {
    rig.spool.append(event_of("other"), false);
    rig.lane->more_committed();
    rig.read();
    rig.settle();
  };
  other();
  EXPECT_EQ(rig.spool.state().cursor, Seq{0});
  rig.advance(limits::kCursorInterval);
  other();
  EXPECT_EQ(rig.spool.state().cursor, Seq{2});
  other();
  EXPECT_EQ(rig.spool.state().cursor, Seq{2});
}

TEST(Settlements, SeveralBatchesShareOneAndFewAreOpen) {
  LaneRig rig(options_of(1, 8));
  rig.append({"a", "b", "c", "d", "e"});
  const std::vector<SentBatch> sent = rig.send();
  ASSERT_EQ(sent.size(), 5U);
  rig.deliver(sent[0]);
  rig.deliver(sent[1]);
  EXPECT_EQ(rig.lane->next_settlement(rig.now())->delivered, (std::vector<Seq>{Seq{1}, Seq{2}}));
  rig.deliver(sent[2]);
  EXPECT_TRUE(rig.lane->next_settlement(rig.now()));
  rig.deliver(sent[3]);
  EXPECT_FALSE(rig.lane->next_settlement(rig.now()));
  EXPECT_TRUE(rig.lane->waits_for_settlement());
  rig.deliver(sent[4]);
  rig.lane->settlement_done();
  EXPECT_EQ(rig.lane->next_settlement(rig.now())->delivered, (std::vector<Seq>{Seq{4}, Seq{5}}));
}

TEST(Settlements, SendingStopsWhenTheDiskIsAWindowBehind) {
  LaneRig rig(options_of(16, 1));
  rig.append(std::vector<std::string>(1000, "a"));
  std::size_t sent = 0;
  while (true) {
    const std::vector<SentBatch> batches = rig.send();
    if (batches.empty()) break;
    for (const SentBatch& batch : batches) {
      sent += batch.seqs.size();
      rig.deliver(batch);
    }
    rig.read();
    (void)rig.lane->next_settlement(rig.now());  // never durable
  }
  EXPECT_LE(sent, limits::kWindowEventsMin + 16);
}

TEST(Restart, WhatIsSettledIsNotSentAgainAndTheRestIs) {
  LaneRig rig(options_of(1));
  rig.append({"a", "b", "c"});
  const std::vector<SentBatch> sent = rig.send();
  rig.deliver(sent[1]);
  rig.settle();
  rig.deliver(sent[0]);  // its settlement dies with the process
  rig.restart();
  const std::vector<SentBatch> again = rig.send();
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].seqs, (Seqs{1}));
  EXPECT_EQ(again[1].seqs, (Seqs{3}));
}

TEST(RateLimit, EventsLeaveAtTheRate) {
  DeliveryOptions options = options_of(10, 16, Order::none);
  options.rate_limit = 20;
  LaneRig rig(options);
  rig.append(std::vector<std::string>(200, "a"));
  std::size_t sent = 0;
  const auto pump = [&] {
    for (const SentBatch& batch : rig.send()) {
      sent += batch.seqs.size();
      rig.deliver(batch);
    }
  };
  pump();
  EXPECT_EQ(sent, 20U);
  for (milliseconds passed{0}; passed < seconds{5};) {
    passed += rig.advance_to_look(seconds{5} - passed);
    pump();
  }
  EXPECT_GE(sent, 110U);
  EXPECT_LE(sent, 121U);
}

TEST(MaxAge, AnOldEventGoesToTheDeadLettersUnsent) {
  DeliveryOptions options = options_of(10);
  options.max_age = seconds{60};
  LaneRig rig(options);
  rig.append({"a"});
  rig.lane->gate().gone(false, "away");
  rig.advance(seconds{59});
  rig.append({"b"});
  EXPECT_TRUE(rig.send().empty());
  rig.advance_to_look();
  EXPECT_TRUE(rig.send().empty());
  rig.settle();
  ASSERT_EQ(rig.spool.dead().size(), 1U);
  EXPECT_EQ(rig.spool.dead().at(Seq{1}).why, DeadReason::expired);
}

TEST(Evict, DropsWhatIsNotInFlight) {
  LaneRig rig(options_of(1, 1));
  rig.append({"a", "b", "c"});
  const SentBatch first = rig.send_one();
  rig.lane->evict(rig.spool.evict(Seq{2}));
  rig.fail(first);
  const SentBatch next = rig.send_one();
  EXPECT_EQ(next.seqs, (Seqs{3}));
  rig.deliver(next);
  rig.settle();
  EXPECT_EQ(rig.spool.state().cursor, Seq{3});
}

// Deferral: an event that fails while its neighbours go on must not hold the cursor back for ever.
struct DeferralTest : ::testing::Test {
  /// Sends until nothing leaves; events of `stuck` fail, the others are delivered.
  void pump(LaneRig& rig, const std::string& stuck, std::size_t rounds) {
    for (std::size_t i = 0; i < rounds; ++i) {
      rig.read();
      for (const SentBatch& batch : rig.send()) {
        const bool bad = key_of.at(batch.seqs.front()) == stuck;
        if (bad) {
          rig.end(batch, Fate::retry);
          failed += batch.seqs.size();
        } else {
          rig.deliver(batch);
          delivered += batch.seqs.size();
        }
      }
      rig.settle();
      rig.advance(milliseconds{10});
    }
  }
  void append(LaneRig& rig, const std::vector<std::string>& keys) {
    for (const std::string& key : keys) key_of[rig.spool.last() + 1 + (&key - keys.data())] = key;
    rig.append(keys);
  }

  std::map<std::uint64_t, std::string> key_of;
  std::size_t failed = 0;
  std::size_t delivered = 0;
};

TEST_F(DeferralTest, AStuckKeyMovesAsideAndItsOrderSurvivesARestart) {
  DeliveryOptions options = options_of(1, 2);
  options.retry.initial = options.retry.max = seconds{3600};
  LaneRig rig(options);
  std::vector<std::string> keys{"stuck"};
  for (int i = 0; i < 3000; ++i) keys.push_back(i % 3 == 0 ? "stuck" : "good-" + std::to_string(i % 7));
  append(rig, keys);
  pump(rig, "stuck", 3000);
  EXPECT_EQ(delivered, 2000U);
  EXPECT_LE(failed, 3U);
  rig.settle();
  const std::vector<Deferred> deferred = rig.spool.deferred();
  ASSERT_GT(deferred.size(), 100U);
  EXPECT_EQ(deferred.front().seq, Seq{1});
  EXPECT_GE(deferred.front().attempts, 1U);
  EXPECT_GT(rig.spool.state().cursor, Seq{1});

  rig.restart();
  EXPECT_TRUE(rig.send().empty());  // not due: the wait survived the restart
  rig.advance(seconds{3601});
  std::uint64_t last = 0;
  for (int i = 0; i < 3000 && rig.spool.pending() > 0; ++i) {
    rig.read();
    for (const SentBatch& batch : rig.send()) {
      EXPECT_GT(batch.seqs.front(), last);
      last = batch.seqs.back();
      rig.deliver(batch);
    }
    rig.settle();
    rig.advance(milliseconds{200});
  }
  EXPECT_EQ(rig.spool.pending(), 0U);
}

TEST_F(DeferralTest, InAnOutageNothingIsDeferred) {
  DeliveryOptions options = options_of(1, 4);
  LaneRig rig(options);
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back("key-" + std::to_string(i));
  append(rig, keys);
  for (int i = 0; i < 1000; ++i) {
    rig.read();
    const std::vector<SentBatch> sent = rig.send();
    for (const SentBatch& batch : sent) rig.fail(batch);
    rig.settle();
    if (sent.empty()) rig.advance_to_look(seconds{20});
  }
  EXPECT_TRUE(rig.spool.deferred().empty());
  EXPECT_EQ(rig.spool.state().cursor, Seq{0});
}

TEST_F(DeferralTest, TheRetryTimeSurvivesAWallClockThatWasSetBack) {
  DeliveryOptions options = options_of(1, 2, Order::none);
  options.retry.initial = options.retry.max = seconds{60};
  LaneRig rig(options);
  std::vector<std::string> keys{"stuck"};
  for (int i = 0; i < 2000; ++i) keys.push_back("good");
  append(rig, keys);
  pump(rig, "stuck", 1500);
  ASSERT_EQ(rig.spool.deferred().size(), 1U);
  rig.clock.set_wall(rig.clock.wall() - std::chrono::hours{24 * 365});
  rig.restart();
  rig.advance(seconds{60});
  EXPECT_EQ(rig.send_one().seqs, (Seqs{1}));
}

TEST_F(DeferralTest, DeadLettersGivenBackAreSentOnceMore) {
  LaneRig rig(options_of(1));
  append(rig, {"a"});
  rig.advance(seconds{1});
  rig.end(rig.send_one(), Fate::rejected);
  rig.settle();
  ASSERT_EQ(rig.spool.retry_dead().size(), 1U);
  rig.lane->merge_deferred(rig.spool.deferred(), rig.now());
  rig.lane->merge_deferred(rig.spool.deferred(), rig.now());
  rig.advance(seconds{1});
  const SentBatch back = rig.send_one();
  EXPECT_EQ(back.seqs, (Seqs{1}));
  rig.deliver(back);
  rig.lane->merge_deferred(rig.spool.deferred(), rig.now());  // delivered, but not durably yet
  rig.advance(seconds{1});
  EXPECT_TRUE(rig.send().empty());
  rig.settle();
  EXPECT_EQ(rig.spool.pending(), 0U);
}

}  // namespace
}  // namespace tidegate::testing
