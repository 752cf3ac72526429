#include <gtest/gtest.h>

#include <set>

#include "gateway/delivery/limits.h"
#include "tests/unit/delivery/lane_rig.h"

namespace tidegate::testing {
namespace {

using std::chrono::seconds;
using Seqs = std::vector<std::uint64_t>;

struct OutcomesTest : ::testing::Test {
  static DeliveryOptions options_of(std::size_t max_events) {
    DeliveryOptions options;
    options.batch.max_events = max_events;
    options.batch.max_wait = milliseconds{0};
    return options;
  }
  static std::vector<std::string> keys(std::size_t count) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < count; ++i) keys.push_back("key-" + std::to_string(i));
    return keys;
  }
};

TEST_F(OutcomesTest, FailureWaitsWithABackoffThatGrows) {
  LaneRig rig(options_of(1));
  rig.options.breaker.failures = 0;
  rig.append({"a"});
  milliseconds longest{0};
  for (int i = 0; i < 20; ++i) {
    const auto [batch, waited] = rig.wait_for_batch();
    rig.end(batch, Fate::unknown);
    EXPECT_LE(waited, rig.options.retry.max);
    EXPECT_TRUE(i > 1 || waited <= rig.options.retry.initial);
    longest = std::max(longest, waited);
  }
  EXPECT_GT(longest, seconds{10});
}

TEST_F(OutcomesTest, AFailedBatchIsSentAgainAsItWas) {
  LaneRig rig(options_of(10));
  rig.append({"a", "b", "c"});
  const SentBatch first = rig.send_one();
  rig.fail(first);
  rig.append({"d"});
  rig.deliver(rig.send_one());
  EXPECT_EQ(rig.wait_for_batch().first.seqs, first.seqs);
}

TEST_F(OutcomesTest, EachEventOfABatchHasItsOwnFate) {
  LaneRig rig(options_of(10));
  rig.append({"a", "b", "c", "a"});
  rig.end(rig.send_one(), std::vector<Fate>{Fate::retry, Fate::delivered, Fate::rejected, Fate::retry});
  rig.settle();
  EXPECT_TRUE(rig.spool.delivered(Seq{2}));
  EXPECT_EQ(rig.spool.dead().at(Seq{3}).why, DeadReason::rejected);
  EXPECT_EQ(rig.wait_for_batch().first.seqs, (Seqs{1, 4}));
}

TEST_F(OutcomesTest, TooLargeIsSplitAndAloneItIsDead) {
  LaneRig rig(options_of(4));
  rig.append({"a", "a", "b", "c"});
  rig.end(rig.send_one(), Fate::rejected, Cause::too_large);
  const std::vector<SentBatch> halves = rig.send();
  ASSERT_EQ(halves.size(), 2U);
  EXPECT_EQ(halves[0].seqs, (Seqs{1, 2}));
  EXPECT_EQ(halves[1].seqs, (Seqs{3, 4}));
  rig.deliver(halves[1]);
  rig.end(halves[0], Fate::retry, Cause::too_large);
  const SentBatch alone = rig.send_one();  // the second waits for the first of its key
  EXPECT_EQ(alone.seqs, (Seqs{1}));
  rig.end(alone, Fate::retry, Cause::too_large);
  rig.deliver(rig.send_one());
  rig.settle();
  EXPECT_EQ(rig.spool.dead().size(), 1U);
  EXPECT_TRUE(rig.spool.dead().contains(Seq{1}));
  EXPECT_EQ(rig.spool.pending(), 0U);
}

TEST_F(OutcomesTest, ASizeThatWasTooLargeIsNotTriedAgainAtOnce) {
  DeliveryOptions options = options_of(100);
  LaneRig rig(options);
  rig.append(std::vector<std::string>(8, "a"), 100);
  const SentBatch first = rig.send_one();
  ASSERT_EQ(first.seqs.size(), 8U);
  rig.end(first, Fate::retry, Cause::too_large);
  rig.deliver(rig.send_one());
  rig.deliver(rig.send_one());
  rig.append(std::vector<std::string>(8, "b"), 100);
  EXPECT_LE(rig.send_one().seqs.size(), 4U);
}

TEST_F(OutcomesTest, OnlyThePoisonEventDiesAndEveryKeyKeepsItsOrder) {
  LaneRig rig(options_of(16));
  std::vector<std::string> keys;
  for (int i = 0; i < 16; ++i) keys.push_back("key-" + std::to_string(i % 5));
  rig.append(keys);
  constexpr std::uint64_t kPoison = 7;
  std::map<std::string, std::uint64_t> last;
  std::size_t requests = 0;
  for (std::vector<SentBatch> sent = rig.send(); !sent.empty(); sent = rig.send()) {
    for (const SentBatch& batch : sent) {
      ++requests;
      if (std::find(batch.seqs.begin(), batch.seqs.end(), kPoison) != batch.seqs.end()) {
        rig.end(batch, Fate::rejected, batch.seqs.size() > 1 ? Cause::poison_suspected : Cause::none);
        continue;
      }
      for (const std::uint64_t seq : batch.seqs) {
        EXPECT_GT(seq, last[keys[seq - 1]]);
        last[keys[seq - 1]] = seq;
      }
      rig.deliver(batch);
    }
  }
  rig.settle();
  EXPECT_EQ(rig.spool.dead().size(), 1U);
  EXPECT_TRUE(rig.spool.dead().contains(Seq{kPoison}));
  EXPECT_EQ(rig.spool.dead().at(Seq{kPoison}).reason, "why");
  EXPECT_EQ(rig.spool.pending(), 0U);
  EXPECT_LE(requests, 12U);
}

TEST_F(OutcomesTest, ABatchThatKeepsFailingWhileOthersGoOnIsSplit) {
  LaneRig rig(options_of(8));
  rig.append(keys(8));
  std::set<std::uint64_t> delivered;
  for (int i = 0; i < 200 && delivered.size() < 7; ++i) {
    rig.append({"other-" + std::to_string(i)});
    for (const SentBatch& batch : rig.send()) {
      const bool crashes_the_peer = std::find(batch.seqs.begin(), batch.seqs.end(), 5U) != batch.seqs.end();
      if (crashes_the_peer) {
        rig.end(batch, Fate::unknown, Cause::peer_down);
        continue;
      }
      rig.deliver(batch);
      for (const std::uint64_t seq : batch.seqs) {
        if (seq <= 8) delivered.insert(seq);
      }
    }
    rig.settle();
    rig.advance(seconds{5});
  }
  EXPECT_EQ(delivered, (std::set<std::uint64_t>{1, 2, 3, 4, 6, 7, 8}));
}

TEST_F(OutcomesTest, MaxAttemptsSendsToTheDeadLetters) {
  DeliveryOptions options = options_of(1);
  options.max_attempts = 3;
  LaneRig rig(options);
  rig.append({"a"});
  for (int i = 0; i < 3; ++i) {
    rig.advance(milliseconds{1});
    rig.fail(rig.wait_for_batch().first);
  }
  EXPECT_TRUE(rig.send().empty());
  rig.settle();
  const DeadEvent& dead = rig.spool.dead().at(Seq{1});
  EXPECT_EQ(dead.why, DeadReason::attempts);
  EXPECT_EQ(dead.attempts, 3U);
  EXPECT_LT(dead.first_failure, dead.last_failure);
}

TEST_F(OutcomesTest, ARefusedCredentialPausesAndNeverDrops) {
  DeliveryOptions options = options_of(1);
  options.max_attempts = 1;
  LaneRig rig(options);
  rig.append(keys(6));
  for (const SentBatch& batch : rig.send()) rig.end(batch, Fate::retry, Cause::unauthorized);
  ASSERT_TRUE(rig.lane->gate().wants_refresh(rig.clock.steady()));
  rig.lane->gate().refreshed();
  rig.end(rig.send_one(), Fate::retry, Cause::unauthorized);
  EXPECT_EQ(rig.lane->gate().mode(), Gate::Mode::paused);
  EXPECT_TRUE(rig.send().empty());
  rig.lane->gate().resume(rig.clock.steady());
  rig.lane->gate().refreshed();
  rig.deliver(rig.send_one());
  EXPECT_EQ(rig.send().size(), 4U);
  rig.settle();
  EXPECT_TRUE(rig.spool.dead().empty());
}

TEST_F(OutcomesTest, RetryAfterHoldsTheWholeLane) {
  LaneRig rig(options_of(1));
  rig.append(keys(6));
  const std::vector<SentBatch> sent = rig.send();
  rig.end(sent[0], Fate::retry, Cause::throttled, seconds{20});
  for (std::size_t i = 1; i < sent.size(); ++i) rig.deliver(sent[i]);
  EXPECT_TRUE(rig.send().empty());
  EXPECT_EQ(rig.advance_to_look(), seconds{20});
  EXPECT_FALSE(rig.send().empty());
}

TEST_F(OutcomesTest, AnOutageCostsOneRequestPerInterval) {
  LaneRig rig(options_of(1));
  rig.append(keys(100));
  std::size_t requests = 0;
  const SteadyTime end = rig.clock.steady() + std::chrono::hours{1};
  while (rig.clock.steady() < end) {
    const std::vector<SentBatch> sent = rig.send();
    requests += sent.size();
    for (const SentBatch& batch : sent) rig.fail(batch);
    if (sent.empty()) rig.advance_to_look(seconds{60});
  }
  EXPECT_GE(requests, 360U);
  EXPECT_LE(requests, 360U + 5 + 4 + 1);
  const SentBatch probe = rig.send_one();
  EXPECT_EQ(probe.seqs, (Seqs{1}));
  rig.deliver(probe);
  EXPECT_EQ(rig.send().size(), 4U);
}

TEST_F(OutcomesTest, AnAnswerForAnUnknownBatchIsIgnored) {
  LaneRig rig(options_of(1));
  rig.append({"a"});
  const SentBatch sent = rig.send_one();
  rig.end(SentBatch{BatchId{99}, {}}, Fate::delivered);
  rig.deliver(sent);
  rig.deliver(sent);
  rig.settle();
  EXPECT_EQ(rig.spool.pending(), 0U);
}

}  // namespace
}  // namespace tidegate::testing
