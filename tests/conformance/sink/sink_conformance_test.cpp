// What every sink does, whatever its protocol.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stop_token>
#include <thread>

#include "gateway/base/limits.h"
#include "tests/conformance/sink/sink_harness.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;

/// A timeout that no test reaches unless it fails.
constexpr milliseconds kNever{600'000};
/// A deadline that only a broken sink reaches.
constexpr std::chrono::seconds kPatience{60};
/// Well below kPatience and kNever, far above what a return takes.
constexpr std::chrono::seconds kPrompt{30};
constexpr const char* kNoSilence = "a sink whose peer cannot be silent";

class SinkConformance : public ::testing::TestWithParam<HarnessRow> {
 protected:
  static Deadline in(std::chrono::nanoseconds time) {
    return {SystemClock().steady() + std::chrono::duration_cast<SteadyTime::duration>(time)};
  }

  /// Events that live as long as the test, in batches of `events`, as large as the sink takes.
  Batch next_batch(const Sink& sink, std::size_t events = 3) {
    Batch batch;
    batch.id = BatchId{++batches_};
    for (std::size_t i = 0; i < std::min(events, sink.limits().batch_events_max); ++i) {
      auto out = std::make_unique<OutEvent>();
      out->event.id = "event-" + std::to_string(events_.size() + 1);
      out->event.source = "/conformance";
      out->event.type = "tidegate.test";
      out->event.subject = "conformance/topic";
      out->event.data = "{}";
      batch.events.push_back(out.get());
      events_.push_back(std::move(out));
    }
    return batch;
  }

  static std::vector<Settled> settled(Sink& sink, std::size_t count) {
    std::vector<Settled> all;
    const Deadline deadline = in(kPatience);
    while (all.size() < count && SystemClock().steady() < deadline.at) {
      for (Settled& one : sink.wait(deadline, {})) all.push_back(std::move(one));
    }
    EXPECT_EQ(all.size(), count);
    return all;
  }

  /// The one fate of a batch's events.
  static Fate fate_of(const Settled& settled) {
    EXPECT_FALSE(settled.outcomes.empty());
    return settled.outcomes.empty() ? Fate::delivered : settled.outcomes.front().fate;
  }

  template <class Call>
  static void expect_prompt(Call call) {
    const SteadyTime start = SystemClock().steady();
    call();
    EXPECT_LT(SystemClock().steady() - start, kPrompt);
  }

  std::vector<std::unique_ptr<OutEvent>> events_;
  std::uint64_t batches_ = 0;
  std::unique_ptr<SinkHarness> harness_ = GetParam().make();
};

TEST_P(SinkConformance, LimitsLeaveRoomForTheLargestEvent) {
  const SinkLimits limits = harness_->to_peer()->limits();
  EXPECT_GE(limits.batch_events_max, 1u);
  EXPECT_GE(limits.batches_in_flight_max, 1u);
  // A sink that gathers has small batches for the sake of memory; one larger event goes alone.
  if (!limits.gathers) {
    EXPECT_GE(limits.batch_bytes_max, limits::kEventDataBytesMax);
  }
}

TEST_P(SinkConformance, EveryBatchIsSettledOnceAndArrivesInItsOrder) {
  const auto sink = harness_->to_peer();
  const std::size_t in_flight = std::min<std::size_t>(4, sink->limits().batches_in_flight_max);
  std::map<std::uint64_t, int> times;
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < in_flight; ++i) sink->submit(next_batch(*sink));
    for (const Settled& one : settled(*sink, in_flight)) {
      EXPECT_EQ(fate_of(one), Fate::delivered);
      EXPECT_EQ(one.cause, Cause::none);
      ++times[one.id.value];
    }
  }
  EXPECT_EQ(times.size(), batches_);
  for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id;
  EXPECT_TRUE(sink->wait(in(0ms), {}).empty());
  EXPECT_EQ(harness_->arrived().size(), events_.size());
}

TEST_P(SinkConformance, EventsOfABatchArriveInItsOrder) {
  const auto sink = harness_->to_peer();
  sink->submit(next_batch(*sink, 50));
  settled(*sink, 1);
  std::vector<std::string> sent;
  for (const auto& out : events_) sent.push_back(out->event.id);
  EXPECT_EQ(harness_->arrived(), sent);
}

TEST_P(SinkConformance, ConnectReachesThePeerAndSendsNothing) {
  const auto sink = harness_->to_peer();
  const Status connected = sink->connect(in(kPatience), {});
  EXPECT_TRUE(connected) << connected.error().message;
  EXPECT_TRUE(harness_->arrived().empty());
}

TEST_P(SinkConformance, RefusedPeerIsSaidSoAndTheBatchCertainlyNotTaken) {
  const auto sink = harness_->to_nobody();
  const Status connected = sink->connect(in(kPatience), {});
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::unavailable);
  EXPECT_FALSE(connected.error().message.empty());
  sink->submit(next_batch(*sink));
  const Settled refused = settled(*sink, 1).at(0);
  EXPECT_EQ(fate_of(refused), Fate::retry);
  EXPECT_EQ(refused.cause, Cause::peer_down);
  EXPECT_FALSE(refused.outcomes.front().reason.empty());
}

TEST_P(SinkConformance, SilenceIsUnknownAfterTheTimeout) {
  const auto sink = harness_->to_silence(200ms);
  if (!sink) GTEST_SKIP() << kNoSilence;
  sink->submit(next_batch(*sink));
  const Settled silent = settled(*sink, 1).at(0);
  EXPECT_EQ(fate_of(silent), Fate::unknown);
  EXPECT_EQ(silent.cause, Cause::peer_down);
}

TEST_P(SinkConformance, WaitAndConnectKeepTheirDeadline) {
  const auto silent = harness_->to_silence(kNever);
  if (!silent) GTEST_SKIP() << kNoSilence;
  silent->submit(next_batch(*silent));
  expect_prompt([&] { EXPECT_TRUE(silent->wait(in(50ms), {}).empty()); });
  const auto limbo = harness_->to_limbo();
  expect_prompt([&] {
    const Status connected = limbo->connect(in(50ms), {});
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, ErrorCode::timeout);
  });
}

TEST_P(SinkConformance, WakeEndsAWaitUnderWayAndTheNext) {
  const auto sink = harness_->to_silence(kNever);
  if (!sink) GTEST_SKIP() << kNoSilence;
  sink->submit(next_batch(*sink));
  sink->wake();
  expect_prompt([&] { EXPECT_TRUE(sink->wait(in(kPatience), {}).empty()); });
  std::jthread other([&] { sink->wake(); });
  expect_prompt([&] { EXPECT_TRUE(sink->wait(in(kPatience), {}).empty()); });
}

TEST_P(SinkConformance, StopEndsWaitAndConnect) {
  const auto silent = harness_->to_silence(kNever);
  if (!silent) GTEST_SKIP() << kNoSilence;
  silent->submit(next_batch(*silent));
  for (const bool before : {true, false}) {
    std::stop_source stop;
    if (before) stop.request_stop();
    std::jthread other([&] { stop.request_stop(); });
    expect_prompt([&] { EXPECT_TRUE(silent->wait(in(kPatience), stop.get_token()).empty()); });
  }
  const auto limbo = harness_->to_limbo();
  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  expect_prompt([&] {
    const Status connected = limbo->connect(in(kPatience), stop.get_token());
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, ErrorCode::stopping);
  });
}

TEST_P(SinkConformance, LargestEventIsTakenOrRejectedButNotTriedForEver) {
  const auto sink = harness_->to_peer();
  const Batch batch = next_batch(*sink, 1);
  events_.back()->event.data = '"' + std::string(limits::kEventDataBytesMax - 2, 'x') + '"';
  sink->submit(batch);
  EXPECT_THAT(fate_of(settled(*sink, 1).at(0)), ::testing::AnyOf(Fate::delivered, Fate::rejected));
}

TEST_P(SinkConformance, CloseAbandonsWhatIsInFlightAndMayBeCalledTwice) {
  const auto sink = harness_->to_silence(200ms);
  if (!sink) GTEST_SKIP() << kNoSilence;
  sink->submit(next_batch(*sink));
  sink->wait(in(0ms), {});
  sink->close();
  events_.clear();  // the sink must not touch them any more
  sink->close();
  EXPECT_TRUE(sink->wait(in(400ms), {}).empty());
  sink->wake();
}

TEST_P(SinkConformance, DeliversAgainAfterClose) {
  const auto sink = harness_->to_peer();
  for (int i = 0; i < 2; ++i) {
    sink->submit(next_batch(*sink));
    EXPECT_EQ(fate_of(settled(*sink, 1).at(0)), Fate::delivered);
    sink->close();
  }
}

INSTANTIATE_TEST_SUITE_P(AllSinks, SinkConformance, ::testing::ValuesIn(all_harnesses()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace tidegate::testing
