#include "gateway/delivery/lane.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "tests/unit/delivery/lane_rig.h"
#include "tests/unit/delivery/scripted_sink.h"

namespace tidegate::testing {
namespace {

constexpr LaneId kLane{7};

/// The model spool behind Spool's interface; every settlement is durable at once.
class MemorySpool final : public Spool {
 public:
  void append_events(const std::vector<std::string>& keys) {
    UniqueFunction<void(Seq)>* told = nullptr;
    {
      const std::lock_guard lock(mutex_);
      for (const std::string& key : keys) model_.append(event_of(key), true);
      told = &committed_;
    }
    if (*told) (*told)(Seq{});
  }
  void retry_all_dead() {
    {
      const std::lock_guard lock(mutex_);
      model_.retry_dead();
      returned_ = true;
    }
    committed_(Seq{});
  }
  void fail_reads(bool fail) {
    const std::lock_guard lock(mutex_);
    reads_fail_ = fail;
  }
  void be_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
  }
  void answer_settlements(bool answer) {
    const std::lock_guard lock(mutex_);
    answers_ = answer;
  }
  /// Waits until the model says so. False: it never did.
  bool wait_for(const std::function<bool(const ModelSpool&)>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kGenerous, [&] { return condition(model_); });
  }
  bool wait_until_pending(std::size_t pending) {
    return wait_for([=](const ModelSpool& model) { return model.pending() == pending; });
  }

  void settle(Settlement settlement, UniqueFunction<void(Status)> done) override {
    bool answer = false;
    {
      const std::lock_guard lock(mutex_);
      model_.settle(std::move(settlement));
      model_.commit();
      changed_.notify_all();
      answer = answers_;
    }
    if (answer) done({});
  }
  Result<LaneRead> read(LaneId, Seq from, std::size_t events_max, std::size_t bytes_max) override {
    const std::lock_guard lock(mutex_);
    if (reads_fail_) return Error{ErrorCode::io, "read failed"};
    LaneRead read = model_.read(from, events_max, bytes_max);
    read.deferred_returned = std::exchange(returned_, false);
    return read;
  }
  Result<std::vector<Deferred>> read_deferred(LaneId) override {
    const std::lock_guard lock(mutex_);
    return model_.deferred();
  }
  [[nodiscard]] LaneState lane_state(LaneId) const override {
    const std::lock_guard lock(mutex_);
    return model_.state();
  }
  void watch(LaneId, UniqueFunction<void(Seq)> committed) override { committed_ = std::move(committed); }
  [[nodiscard]] SpoolSnapshot snapshot() const override {
    const std::lock_guard lock(mutex_);
    SpoolSnapshot snapshot;
    snapshot.full = full_;
    return snapshot;
  }
  // A lane uses nothing else.
  void start(UniqueFunction<void(bool)>) override {}
  void stop() override {}
  void append(SpoolSubmission, Receipt) override {}
  std::vector<std::pair<std::string, std::string>> source_state(SourceId, const std::string&) override { return {}; }
  Result<std::vector<DeadLetter>> dead_letters(const DeadQuery&) override { return std::vector<DeadLetter>{}; }
  Result<std::uint64_t> retry_dead(const std::vector<std::uint64_t>&) override { return 0; }
  Result<std::uint64_t> drop_dead(const std::vector<std::uint64_t>&) override { return 0; }
  Result<std::vector<std::pair<std::string, std::string>>> lane_state_rows(LaneId) override {
    const std::lock_guard lock(mutex_);
    return model_.state_rows();
  }
  Result<LogPage> scan(Seq, WallTime, std::size_t) override { return LogPage{}; }
  Result<std::uint64_t> drop_lane(const std::string&, const std::string&) override { return 0; }
  Result<std::uint64_t> adopt_lane(const std::string&, const std::string&, const std::string&,
                                   const std::string&) override {
    return 0;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  ModelSpool model_{kLane, [](const std::string& text) { ADD_FAILURE() << text; }};
  UniqueFunction<void(Seq)> committed_;
  bool reads_fail_ = false;
  bool returned_ = false;
  bool full_ = false;
  bool answers_ = true;
};

struct LaneTest : ::testing::Test {
  void start(const std::string& filter = "#") {
    lane = Lane::create(LaneSetup{kLane, "route/sink", "route", "sink",
                                  [filter] { return make_capture_shaper(*TopicFilter::parse(filter)); }, options,
                                  std::make_unique<ScriptedSink>(script), spool, clock, health, metrics, 1});
    lane->start();
  }
  void stop(milliseconds within = milliseconds{0}) { lane->stop(Deadline{clock.steady() + within}); }
  bool wait_for_health(HealthState state) {
    const SteadyTime until = clock.steady() + kGenerous;
    while (clock.steady() < until) {
      if (health.entries().at("lane route/sink").state == state) return true;
      std::this_thread::yield();
    }
    return false;
  }
  static Settled all(const Batch& batch, Fate fate, Cause cause = Cause::none) {
    return {batch.id, {Outcome{fate, "why"}}, cause, {}};
  }

  SystemClock clock;
  Health health{clock};
  Metrics metrics;
  MemorySpool spool;
  ScriptedSink::Script script;
  DeliveryOptions options = [] {
    DeliveryOptions fast;
    fast.batch.max_wait = milliseconds{1};
    fast.retry = {milliseconds{1}, milliseconds{5}};
    fast.breaker.interval = milliseconds{5};
    return fast;
  }();
  std::unique_ptr<Lane> lane;
};

TEST_F(LaneTest, DeliversWhatWasThereAndWhatComes) {
  spool.append_events({"a", "b"});
  start();
  EXPECT_TRUE(spool.wait_until_pending(0));
  spool.append_events({"c"});
  EXPECT_TRUE(spool.wait_until_pending(0));
  EXPECT_TRUE(wait_for_health(HealthState::ok));
  stop();
  EXPECT_EQ(script.closed, 1U);
  EXPECT_NE(metrics.render().find("tidegate_lane_requests_total{route=\"route\",sink=\"sink\",outcome=\"delivered\"}"),
            std::string::npos);
}

TEST_F(LaneTest, CapturesTravelWithTheEvent) {
  spool.append_events({"sensors/hall/7"});
  start("sensors/{site}/{device}");
  EXPECT_TRUE(spool.wait_until_pending(0));
  stop();
  EXPECT_EQ(script.captured, (std::vector<std::string>{"site=hall", "device=7"}));
}

TEST_F(LaneTest, AnEventIsSentAgainUntilItIsTaken) {
  std::size_t failures = 0;
  script.answer = [&](const Batch& batch) -> std::optional<Settled> {
    if (++failures <= 12) return all(batch, Fate::retry, Cause::peer_down);
    return all(batch, Fate::delivered, Cause::none);
  };
  spool.append_events({"a"});
  start();
  EXPECT_TRUE(spool.wait_until_pending(0));
  stop();
  EXPECT_EQ(script.submitted, 13U);
}

TEST_F(LaneTest, APeerThatIsDownAtStartIsAState) {
  script.connect_answer = Error{ErrorCode::unavailable, "nobody listens"};
  spool.append_events({"a"});
  start();
  EXPECT_TRUE(wait_for_health(HealthState::waiting));
  {
    const std::lock_guard lock(script.mutex);
    script.connect_answer = {};
  }
  EXPECT_TRUE(spool.wait_until_pending(0));
  stop();
}

TEST_F(LaneTest, StopWaitsForWhatIsInFlightAndNoLonger) {
  script.answer = [](const Batch&) { return std::nullopt; };
  spool.append_events({"a"});
  start();
  EXPECT_TRUE(script.wait_for([&] { return script.submitted == 1; }));
  stop(milliseconds{20});
  EXPECT_EQ(script.closed, 1U);
  EXPECT_TRUE(spool.wait_until_pending(1));
}

TEST_F(LaneTest, StopDoesNotWaitForSettlementsThatAreNeverAnswered) {
  spool.answer_settlements(false);
  spool.append_events(std::vector<std::string>(1000, "a"));
  start();
  EXPECT_TRUE(spool.wait_for([](const ModelSpool& model) { return model.delivered(Seq{1}); }));
  stop(kGenerous);
  EXPECT_EQ(script.closed, 1U);
}

TEST_F(LaneTest, StoppingAndDestroyingTwiceAndWithoutStartIsHarmless) {
  start();
  stop();
  stop();
  lane.reset();
  spool.append_events({"a"});  // the spool's watch outlives the lane
  EXPECT_TRUE(spool.wait_until_pending(1));
  lane = Lane::create(LaneSetup{kLane, "route/sink", "route", "sink",
                                [] { return make_capture_shaper(*TopicFilter::parse("#")); }, options,
                                std::make_unique<ScriptedSink>(script), spool, clock, health, metrics, 1});
  stop();
}

/// In front of a sink that gathers: 20 events and no time limit that a test would see.
struct GatheringLane : LaneTest {
  GatheringLane() {
    options.batch.max_wait = std::chrono::hours{1};
    script.gathers = true;
    script.answer = [](const Batch& batch) { return all(batch, batch.more ? Fate::held : Fate::delivered); };
  }
  void gather() {
    start();
    spool.append_events(std::vector<std::string>(20, "key"));
    ASSERT_TRUE(script.wait_for([&] { return script.submitted == 2; }));
  }
};

TEST_F(GatheringLane, StopDeliversWhatIsHeld) {
  gather();
  stop(kGenerous);
  EXPECT_TRUE(spool.wait_until_pending(0));
  EXPECT_EQ(script.submitted, 3U);
}

TEST_F(GatheringLane, WithoutRoomInTheSpoolWhatIsHeldIsDelivered) {
  gather();
  spool.be_full(true);
  EXPECT_TRUE(spool.wait_until_pending(0));
  stop();
}

TEST_F(GatheringLane, WhatTheSinkHasLostIsSentAgain) {
  bool lost = false;
  options.batch.max_events = 20;
  options.retry = {milliseconds{1}, milliseconds{1}};
  script.answer = [&](const Batch& batch) {
    if (!batch.more && !std::exchange(lost, true)) return all(batch, Fate::retry, Cause::undone);
    return all(batch, batch.more ? Fate::held : Fate::delivered);
  };
  start();
  spool.append_events(std::vector<std::string>(20, "key"));
  EXPECT_TRUE(spool.wait_until_pending(0));
  stop();
  EXPECT_EQ(script.submitted, 4U);
}

TEST_F(LaneTest, ARefusedCredentialPausesUntilResume) {
  options.breaker.interval = std::chrono::hours{1};
  bool refused = true;
  script.answer = [&](const Batch& batch) -> std::optional<Settled> {
    return refused ? all(batch, Fate::retry, Cause::unauthorized) : all(batch, Fate::delivered, Cause::none);
  };
  spool.append_events({"a"});
  start();
  EXPECT_TRUE(wait_for_health(HealthState::paused));
  {
    const std::lock_guard lock(script.mutex);
    EXPECT_EQ(script.submitted, 2U);
    EXPECT_EQ(script.refreshes, 1U);
    refused = false;
  }
  lane->resume();
  EXPECT_TRUE(spool.wait_until_pending(0));
  EXPECT_TRUE(wait_for_health(HealthState::ok));
  stop();
}

TEST_F(LaneTest, DeadLettersGivenBackAreDelivered) {
  bool reject = true;
  script.answer = [&](const Batch& batch) -> std::optional<Settled> {
    return all(batch, std::exchange(reject, false) ? Fate::rejected : Fate::delivered, Cause::none);
  };
  spool.append_events({"a"});
  start();
  EXPECT_TRUE(spool.wait_for([](const ModelSpool& model) { return model.dead().size() == 1; }));
  spool.retry_all_dead();
  EXPECT_TRUE(spool.wait_for([](const ModelSpool& model) { return model.delivered(Seq{1}); }));
  stop();
}

TEST_F(LaneTest, ASpoolThatCannotBeReadIsTriedAgain) {
  spool.fail_reads(true);
  start();
  EXPECT_TRUE(wait_for_health(HealthState::alarm));
  spool.append_events({"a"});
  spool.fail_reads(false);
  EXPECT_TRUE(spool.wait_until_pending(0));
  stop();
}

}  // namespace
}  // namespace tidegate::testing
