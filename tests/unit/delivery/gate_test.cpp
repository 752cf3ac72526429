#include "gateway/delivery/gate.h"

#include <gtest/gtest.h>

#include "gateway/delivery/limits.h"
#include "gateway/delivery/token_bucket.h"

namespace tidegate {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kStart{seconds{1000}};

TEST(Backoff, BoundDoublesAndStopsAtMax) {
  const DeliveryOptions::Retry retry{milliseconds{500}, milliseconds{60'000}};
  EXPECT_EQ(backoff(retry, 1, 499).count(), 499);
  EXPECT_EQ(backoff(retry, 1, 500).count(), 0);
  EXPECT_EQ(backoff(retry, 2, 999).count(), 999);
  EXPECT_EQ(backoff(retry, 8, 59'999).count(), 59'999);
  EXPECT_EQ(backoff(retry, 4'000'000'000, 60'000).count(), 0);
}

struct GateTest : ::testing::Test {
  std::size_t free(SteadyTime now, std::size_t in_flight = 0) { return gate.batches_free(now, in_flight, 4); }

  DeliveryOptions options;
  SeededRandom random{1};
  Gate gate{options, random};
};

TEST_F(GateTest, NothingLeavesBeforeTheFirstConnect) {
  EXPECT_TRUE(gate.wants_connect(kStart));
  EXPECT_EQ(free(kStart), 0U);
  gate.connect_failed(kStart, "refused");
  EXPECT_FALSE(gate.wants_connect(kStart));
  EXPECT_GT(gate.look_again(kStart), kStart);
  EXPECT_TRUE(gate.wants_connect(gate.look_again(kStart)));
  EXPECT_LE(gate.look_again(kStart), kStart + options.breaker.interval);
  gate.connected();
  EXPECT_EQ(free(kStart), 4U);
}

TEST_F(GateTest, BreakerOpensAfterConsecutiveFailuresOnly) {
  gate.connected();
  for (int i = 0; i < 4; ++i) gate.failed(kStart, false, "down");
  gate.alive(false, 0);
  for (int i = 0; i < 4; ++i) gate.failed(kStart, false, "down");
  EXPECT_EQ(gate.mode(), Gate::Mode::open);
  gate.failed(kStart, false, "down");
  EXPECT_EQ(gate.mode(), Gate::Mode::broken);
}

TEST_F(GateTest, BrokenSendsOneProbePerInterval) {
  gate.connected();
  for (int i = 0; i < 5; ++i) gate.failed(kStart, false, "down");
  EXPECT_EQ(free(kStart), 0U);
  const SteadyTime probe_at = kStart + options.breaker.interval;
  EXPECT_EQ(gate.look_again(kStart), probe_at);
  EXPECT_EQ(free(probe_at), 1U);
  EXPECT_TRUE(gate.leave());
  EXPECT_EQ(free(probe_at + std::chrono::hours{1}), 0U);
  gate.failed(probe_at, true, "down");
  EXPECT_EQ(free(probe_at), 0U);
  EXPECT_EQ(free(probe_at + options.breaker.interval), 1U);
  EXPECT_TRUE(gate.leave());
  gate.alive(true, 0);
  EXPECT_EQ(free(probe_at + options.breaker.interval), 4U);
}

TEST_F(GateTest, ALateAnswerDoesNotMoveTheProbe) {
  gate.connected();
  for (int i = 0; i < 5; ++i) gate.failed(kStart, false, "down");
  gate.failed(kStart + seconds{9}, false, "down");
  EXPECT_EQ(free(kStart + options.breaker.interval), 1U);
}

TEST_F(GateTest, NoBreakerWithZeroFailures) {
  options.breaker.failures = 0;
  gate.connected();
  for (int i = 0; i < 100; ++i) gate.failed(kStart, false, "down");
  EXPECT_EQ(gate.mode(), Gate::Mode::open);
}

TEST_F(GateTest, RefusedCredentialIsReadAgainOnceThenPauses) {
  gate.connected();
  gate.unauthorized(kStart, false, gate.credential(), "401");
  EXPECT_TRUE(gate.wants_refresh(kStart));
  EXPECT_EQ(free(kStart), 0U);
  gate.refreshed();
  EXPECT_EQ(free(kStart), 1U);
  EXPECT_TRUE(gate.leave());
  gate.unauthorized(kStart, true, gate.credential(), "401");
  EXPECT_EQ(gate.mode(), Gate::Mode::paused);
  EXPECT_FALSE(gate.wants_refresh(kStart + options.breaker.interval));
  const SteadyTime probe_at = kStart + options.breaker.interval * limits::kPausedProbeIntervals;
  EXPECT_TRUE(gate.wants_refresh(probe_at));
  gate.refreshed();
  EXPECT_EQ(free(probe_at), 1U);
  EXPECT_TRUE(gate.leave());
  gate.alive(true, gate.credential());
  EXPECT_EQ(gate.mode(), Gate::Mode::open);
}

TEST_F(GateTest, RefusalsOfTheOldCredentialDoNotPause) {
  gate.connected();
  const std::uint32_t old = gate.credential();
  gate.unauthorized(kStart, false, old, "401");
  gate.unauthorized(kStart, false, old, "401");
  gate.refreshed();
  gate.unauthorized(kStart, false, old, "401");
  EXPECT_EQ(gate.mode(), Gate::Mode::refreshed);
}

TEST_F(GateTest, ResumeEndsPauseAndPark) {
  gate.connected();
  gate.gone(false, "410");
  EXPECT_EQ(gate.look_again(kStart), SteadyTime::max());
  EXPECT_EQ(free(kStart + std::chrono::hours{1000}), 0U);
  gate.alive(false, gate.credential());
  EXPECT_EQ(gate.mode(), Gate::Mode::parked);
  gate.resume(kStart);
  gate.refreshed();
  EXPECT_EQ(free(kStart), 1U);
  EXPECT_TRUE(gate.leave());
  gate.gone(true, "410");
  EXPECT_EQ(gate.mode(), Gate::Mode::parked);
}

TEST_F(GateTest, RetryAfterIsHonouredAndCapped) {
  gate.connected();
  gate.throttled(kStart, seconds{30}, "429");
  EXPECT_EQ(free(kStart + seconds{29}), 0U);
  EXPECT_EQ(gate.look_again(kStart), kStart + seconds{30});
  EXPECT_EQ(free(kStart + seconds{30}), 4U);
  gate.throttled(kStart, std::chrono::hours{5}, "429");
  EXPECT_EQ(free(kStart + options.retry.max), 4U);
}

TEST(TokenBucket, LetsABurstThroughThenTheRate) {
  TokenBucket bucket(10, kStart);
  EXPECT_EQ(bucket.available(kStart), 10U);
  bucket.take(10);
  EXPECT_EQ(bucket.available(kStart), 0U);
  const SteadyTime at = bucket.ready_at(5);
  EXPECT_GE(at, kStart + milliseconds{500});
  EXPECT_LT(at, kStart + milliseconds{501});
  EXPECT_EQ(bucket.available(at), 5U);
  EXPECT_EQ(bucket.available(kStart + std::chrono::hours{1}), 10U);
}

}  // namespace
}  // namespace tidegate
