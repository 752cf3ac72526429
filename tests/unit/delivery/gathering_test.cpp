// A lane in front of a sink that delivers several batches together.

#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/delivery/limits.h"
#include "tests/unit/delivery/lane_rig.h"

namespace tidegate::testing {
namespace {

constexpr milliseconds kMaxWait{60'000};
/// Of one batch of the sink.
constexpr std::size_t kBatch = 2;

using Seqs = std::vector<std::uint64_t>;

DeliveryOptions options_of(std::size_t events_max, std::size_t bytes_max = 1u << 20) {
  DeliveryOptions options;
  options.batch = {events_max, bytes_max, kMaxWait};
  options.retry.initial = milliseconds{100};
  return options;
}

struct Gathering : ::testing::Test {
  explicit Gathering(DeliveryOptions options = options_of(6)) : rig(options, {kBatch, 1u << 20, 4, false, true}) {}
  void hold(const SentBatch& batch) { rig.end(batch, Fate::held); }
  /// One event of each key, whose batches are held.
  void hold_batches(int count) {
    for (int i = 0; i < count; ++i) {
      rig.append({"a", "b"});
      hold(rig.send_one());
    }
    rig.settle();
  }
  [[nodiscard]] std::uint64_t cursor() const { return rig.spool.state().cursor.value; }

  LaneRig rig;
};

TEST_F(Gathering, EventsAreSettledWithTheBatchThatEndsIt) {
  rig.append({"a", "b", "c"});
  const SentBatch first = rig.send_one();
  EXPECT_EQ(first.seqs, (Seqs{1, 2}));
  EXPECT_TRUE(first.more);
  hold(first);
  rig.settle();
  EXPECT_EQ(cursor(), 0u);
  EXPECT_TRUE(rig.lane->gathering());
  EXPECT_TRUE(rig.send().empty()) << "one event alone waits";
  rig.append({"d"});
  const SentBatch second = rig.send_one();
  EXPECT_TRUE(second.more);
  hold(second);
  rig.append({"e", "f"});
  const SentBatch last = rig.send_one();
  EXPECT_EQ(last.seqs, (Seqs{5, 6}));
  EXPECT_FALSE(last.more) << "six events are all that go together";
  rig.settle();
  EXPECT_EQ(rig.spool.pending(), 6u);
  rig.deliver(last);
  rig.settle();
  EXPECT_EQ(cursor(), 6u);
  EXPECT_EQ(rig.spool.pending(), 0u);
  EXPECT_FALSE(rig.lane->gathering());
}

TEST_F(Gathering, BatchesLeaveOneAtATime) {
  rig.append({"a", "b", "c", "d"});
  EXPECT_EQ(rig.send_one().seqs, (Seqs{1, 2}));
}

TEST_F(Gathering, WhatIsHeldLeavesTheWindow) {
  LaneRig many(options_of(100'000), {100, 1u << 20, 4, false, true});
  for (int i = 0; i < 100; ++i) {
    many.append(std::vector<std::string>(100, "a"));
    many.end(many.send_one(), Fate::held);
    EXPECT_EQ(many.lane->window().held(), 0u);
  }
  many.lane->end_gathering();
  many.deliver(many.send_one());
  many.settle();
  EXPECT_EQ(many.spool.state().cursor.value, 10'000u);
}

TEST_F(Gathering, AWindowThatIsFullEndsNothing) {
  LaneRig many(options_of(100'000), {100, 1u << 20, 4, false, true});
  many.append(std::vector<std::string>(1000, "a"));
  for (int i = 0; i < 9; ++i) {
    const SentBatch batch = many.send_one();
    ASSERT_EQ(batch.seqs.size(), 100u);
    EXPECT_TRUE(batch.more);
    many.end(batch, Fate::held);
    many.read();
  }
}

TEST_F(Gathering, ItEndsWhenItsFirstEventHasWaited) {
  hold_batches(1);
  rig.advance(kMaxWait / 2);
  rig.append({"c"});
  const auto [last, waited] = rig.wait_for_batch();
  EXPECT_EQ(waited, kMaxWait / 2);
  EXPECT_EQ(last.seqs, (Seqs{3}));
  EXPECT_FALSE(last.more);
}

TEST_F(Gathering, ItEndsWithoutEventsWhenNoneCame) {
  hold_batches(2);
  const auto [last, waited] = rig.wait_for_batch();
  EXPECT_EQ(waited, kMaxWait);
  EXPECT_TRUE(last.seqs.empty());
  rig.deliver(last);
  rig.settle();
  EXPECT_EQ(cursor(), 4u);
}

TEST_F(Gathering, AFewEventsThatHaveWaitedGatherNothing) {
  rig.append({"a"});
  const auto [only, waited] = rig.wait_for_batch();
  EXPECT_EQ(waited, kMaxWait);
  EXPECT_FALSE(only.more);
}

TEST_F(Gathering, ItEndsAtItsBytes) {
  LaneRig by_bytes(options_of(1000, 100), {kBatch, 1u << 20, 4, false, true});
  by_bytes.append({"a", "b"}, 30);
  const SentBatch first = by_bytes.send_one();
  EXPECT_TRUE(first.more);
  by_bytes.end(first, Fate::held);
  by_bytes.append({"c", "d"}, 30);
  const SentBatch last = by_bytes.send_one();
  EXPECT_EQ(last.seqs, (Seqs{3})) << "the fourth does not fit";
  EXPECT_TRUE(last.more);
}

TEST_F(Gathering, ABatchThatFailsComesAgainAndWhatIsHeldStays) {
  hold_batches(1);
  rig.append({"c", "d"});
  rig.fail(rig.send_one());
  const SentBatch again = rig.wait_for_batch().first;
  EXPECT_EQ(again.seqs, (Seqs{3, 4}));
  EXPECT_TRUE(again.more);
  hold(again);
  const SentBatch last = rig.wait_for_batch().first;
  EXPECT_TRUE(last.seqs.empty());
  rig.deliver(last);
  rig.settle();
  EXPECT_EQ(cursor(), 4u);
}

TEST_F(Gathering, AnEndThatFailsIsTriedAgainAfterAWhile) {
  hold_batches(1);
  rig.fail(rig.wait_for_batch().first);
  EXPECT_TRUE(rig.lane->gate().failing());
  const auto [again, waited] = rig.wait_for_batch();
  EXPECT_TRUE(again.seqs.empty());
  EXPECT_LE(waited, rig.options.retry.initial);
  rig.deliver(again);
  rig.settle();
  EXPECT_EQ(cursor(), 2u);
  EXPECT_FALSE(rig.lane->gate().failing());
}

TEST_F(Gathering, ARejectedEventIsDeadAtOnceAndTheOthersFollow) {
  rig.append({"a", "b"});
  rig.end(rig.send_one(), {Fate::held, Fate::rejected});
  rig.settle();
  EXPECT_EQ(rig.spool.dead().size(), 1u);
  EXPECT_EQ(cursor(), 0u);
  rig.deliver(rig.wait_for_batch().first);
  rig.settle();
  EXPECT_EQ(cursor(), 2u);
  EXPECT_TRUE(rig.spool.delivered(Seq{1}));
}

TEST_F(Gathering, ALastBatchThatIsRejectedEndsNothing) {
  hold_batches(1);
  rig.append({"c"});
  const SentBatch last = rig.wait_for_batch().first;
  ASSERT_EQ(last.seqs, (Seqs{3}));
  rig.end(last, Fate::rejected);
  rig.settle();
  EXPECT_EQ(cursor(), 0u);
  const SentBatch end = rig.send_one();
  EXPECT_TRUE(end.seqs.empty());
  rig.deliver(end);
  rig.settle();
  EXPECT_EQ(cursor(), 3u);
}

TEST_F(Gathering, WhatTheSinkHasLostIsReadAndSentAgain) {
  hold_batches(2);
  rig.append({"e", "f"});
  rig.end(rig.send_one(), Fate::retry, Cause::undone);
  EXPECT_TRUE(rig.lane->undone());
  EXPECT_TRUE(rig.send().empty());
  EXPECT_FALSE(rig.lane->wants_read(rig.now()));
  rig.begin_anew();
  const SentBatch first = rig.wait_for_batch().first;
  EXPECT_EQ(first.seqs, (Seqs{1, 2}));
  hold(first);
  hold(rig.send_one());
  rig.deliver(rig.send_one());
  rig.settle();
  EXPECT_EQ(cursor(), 6u);
  EXPECT_EQ(rig.spool.pending(), 0u);
}

TEST_F(Gathering, WhatIsLostAgainAndAgainWaitsLongerAndLonger) {
  rig.append({"a", "b"});
  std::vector<milliseconds> waits;
  for (int i = 0; i < 12; ++i) {
    const auto [first, waited] = rig.wait_for_batch();
    waits.push_back(waited);
    hold(first);
    rig.lane->end_gathering();
    rig.end(rig.send_one(), Fate::retry, Cause::undone);
    rig.begin_anew();
  }
  EXPECT_EQ(waits.front(), milliseconds{0});
  EXPECT_GT(*std::max_element(waits.begin() + 6, waits.end()), *std::max_element(waits.begin(), waits.begin() + 6));
  EXPECT_TRUE(std::ranges::all_of(waits, [&](milliseconds wait) { return wait <= rig.options.retry.max; }));
}

TEST_F(Gathering, UndoneWithNothingHeldIsAFailure) {
  rig.append({"a", "b"});
  rig.end(rig.send_one(), Fate::retry, Cause::undone);
  EXPECT_FALSE(rig.lane->undone());
  EXPECT_EQ(rig.wait_for_batch().first.seqs, (Seqs{1, 2}));
}

TEST_F(Gathering, ARestartSendsWhatWasHeldAgain) {
  hold_batches(2);
  rig.restart();
  EXPECT_EQ(rig.send_one().seqs, (Seqs{1, 2}));
}

TEST_F(Gathering, WhenTheLaneStopsNothingLeavesButTheEnd) {
  hold_batches(1);
  rig.append({"c", "d"});
  rig.lane->only_end();
  const SentBatch end = rig.send_one();
  EXPECT_TRUE(end.seqs.empty());
  EXPECT_FALSE(end.more);
  rig.deliver(end);
  rig.settle();
  EXPECT_EQ(cursor(), 2u);
  EXPECT_TRUE(rig.send().empty());
}

TEST_F(Gathering, EvictedEventsAreNotDeliveredInTheBooks) {
  hold_batches(2);
  rig.lane->evict(rig.spool.evict(Seq{1}));
  rig.lane->end_gathering();
  rig.deliver(rig.send_one());
  rig.settle();
  EXPECT_FALSE(rig.spool.delivered(Seq{1}));
  EXPECT_TRUE(rig.spool.delivered(Seq{4}));
}

TEST_F(Gathering, ItsOldestEventIsTheLanesOldest) {
  const WallTime then = rig.clock.wall();
  hold_batches(1);
  rig.advance(milliseconds{500});
  rig.append({"c"});
  EXPECT_EQ(rig.lane->oldest(), then);
}

/// Goes by the subject.
struct Places final : Sink {
  [[nodiscard]] SinkLimits limits() const noexcept override { return {}; }
  Status connect(Deadline /*deadline*/, std::stop_token /*stop*/) override { return {}; }
  std::uint64_t destination(const OutEvent& event) override { return event.event.subject == "there" ? 2 : 1; }
  void submit(Batch /*batch*/) override {}
  std::vector<Settled> wait(Deadline /*deadline*/, std::stop_token /*stop*/) override { return {}; }
  void wake() noexcept override {}
  void close() noexcept override {}
};

TEST_F(Gathering, ItEndsWhereEventsGoElsewhere) {
  Places places;
  rig.destinations = &places;
  rig.restart();
  rig.append({"here", "here"});
  hold(rig.send_one());
  rig.append({"there", "there"});
  const SentBatch end = rig.send_one();
  EXPECT_TRUE(end.seqs.empty());
  EXPECT_FALSE(end.more);
  rig.deliver(end);
  EXPECT_EQ(rig.send_one().seqs, (Seqs{3, 4}));
}

}  // namespace
}  // namespace tidegate::testing
