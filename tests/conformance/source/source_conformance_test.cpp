#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "tests/conformance/source/source_harness.h"
#include "tests/support/broker/fake_intake.h"
#include "tests/support/broker/source_rig.h"
#include "tests/support/process/process.h"

namespace tidegate::test {
namespace {

/// What every source has to do, whatever it takes events from.
class EverySource : public ::testing::TestWithParam<SourceRow> {
 protected:
  EverySource() : harness_(GetParam().make()), source_(harness_->make(rig_.context())) {}
  void TearDown() override { source_.reset(); }

  bool eventually(const std::function<bool()>& condition) {
    return intake_.wait(within(milliseconds{30'000}), condition);
  }
  void start() {
    ASSERT_TRUE(source_->start(intake_));
    ASSERT_TRUE(eventually([&] { return harness_->ready(); }));
  }
  std::vector<std::string> stored() const {
    std::vector<std::string> out;
    for (const Event& event : intake_.committed()) out.push_back(event.data);
    return out;
  }

  SourceRig rig_;
  FakeIntake intake_;
  std::unique_ptr<SourceHarness> harness_;
  std::unique_ptr<Source> source_;
};

TEST_P(EverySource, BringsEventsInOrderAndAcknowledgesThem) {
  start();
  for (const char* payload : {"1", "2", "3"}) harness_->offer(payload);
  ASSERT_TRUE(eventually([&] { return harness_->acknowledged() == 3; }));
  EXPECT_THAT(stored(), ::testing::ElementsAre("1", "2", "3"));
}

TEST_P(EverySource, AcknowledgesNothingBeforeTheReceipt) {
  start();
  intake_.hold(true);
  harness_->offer("x");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  EXPECT_EQ(harness_->acknowledged(), 0u);
  intake_.commit();
  EXPECT_TRUE(eventually([&] { return harness_->acknowledged() == 1; }));
}

TEST_P(EverySource, AcknowledgesNothingWhenTheGatewayStopsAndTakesItTheNextTime) {
  start();
  intake_.hold(true);
  harness_->offer("x");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  intake_.commit(Admission::stopping);
  source_->stop();
  EXPECT_EQ(harness_->acknowledged(), 0u);
  intake_.hold(false);
  source_ = harness_->make(rig_.context());
  start();
  ASSERT_TRUE(eventually([&] { return harness_->acknowledged() == 1; }));
  EXPECT_THAT(stored(), ::testing::ElementsAre("x"));
}

TEST_P(EverySource, AcknowledgesWhatADropPolicyRefused) {
  start();
  intake_.answer_events_with(Admission::refused_full);
  harness_->offer("x");
  EXPECT_TRUE(eventually([&] { return harness_->acknowledged() == 1; }));
}

TEST_P(EverySource, PauseLeavesEventsUpstreamAndResumeFetchesThem) {
  start();
  source_->pause();
  source_->pause();
  harness_->offer("1");
  harness_->interrupt();
  harness_->offer("2");
  EXPECT_EQ(intake_.committed_count(), 0u);
  source_->resume();
  source_->resume();
  ASSERT_TRUE(eventually([&] { return harness_->acknowledged() == 2; }));
  EXPECT_THAT(stored(), ::testing::ElementsAre("1", "2"));
}

TEST_P(EverySource, WhilePausedReceiptsStillAcknowledge) {
  start();
  intake_.hold(true);
  harness_->offer("x");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  source_->pause();
  intake_.commit();
  EXPECT_TRUE(eventually([&] { return harness_->acknowledged() == 1; }));
}

TEST_P(EverySource, AfterAnInterruptionNothingIsLostAndNothingIsStoredTwice) {
  start();
  intake_.hold(true);
  harness_->offer("1");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  harness_->interrupt();
  intake_.hold(false);
  intake_.commit();
  harness_->offer("2");
  ASSERT_TRUE(eventually([&] { return harness_->acknowledged() == 2; }));
  EXPECT_THAT(stored(), ::testing::ElementsAre("1", "2"));
}

TEST_P(EverySource, APeerThatTurnsItAwayIsAStateThatEnds) {
  harness_->turn_away(true);
  ASSERT_TRUE(source_->start(intake_));
  ASSERT_TRUE(eventually([&] {
    const HealthState state = rig_.health().state;
    return state == HealthState::waiting || state == HealthState::alarm;
  }));
  EXPECT_FALSE(rig_.health().detail.empty());
  harness_->turn_away(false);
  EXPECT_TRUE(eventually([&] { return harness_->ready() && rig_.health().state == HealthState::ok; }));
}

TEST_P(EverySource, AnEventOverTheLimitIsRefusedAndTheNextOneComes) {
  start();
  harness_->offer(std::string(limits::kEventDataBytesMax + 1, 'x'));
  harness_->offer("small");
  ASSERT_TRUE(eventually([&] { return harness_->acknowledged() == 2; }));
  EXPECT_THAT(stored(), ::testing::ElementsAre("small"));
}

TEST_P(EverySource, AnEventOfTheLimitsSizeIsTaken) {
  start();
  harness_->offer(std::string(limits::kEventDataBytesMax, 'x'));
  ASSERT_TRUE(eventually([&] { return harness_->acknowledged() == 1; }));
  EXPECT_EQ(intake_.committed_count(), 1u);
}

TEST_P(EverySource, StartAndStopMayBeCalledTwice) {
  start();
  EXPECT_TRUE(source_->start(intake_));
  source_->stop();
  source_->stop();
}

TEST_P(EverySource, StopWithoutStartIsHarmless) { source_->stop(); }

TEST_P(EverySource, StopRightAfterStartIsHarmless) {
  ASSERT_TRUE(source_->start(intake_));
  source_->stop();
}

TEST_P(EverySource, StopReturnsThoughThePeerIsSilentAndReceiptsAreMissing) {
  start();
  intake_.hold(true);
  harness_->offer("x");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  harness_->fall_silent();
  source_->stop();
  const std::size_t submissions = intake_.submissions();
  intake_.commit();
  EXPECT_EQ(intake_.submissions(), submissions);
}

TEST_P(EverySource, TakesNothingAfterStop) {
  start();
  source_->stop();
  const std::size_t submissions = intake_.submissions();
  harness_->offer("x");
  source_.reset();
  EXPECT_EQ(intake_.submissions(), submissions);
}

INSTANTIATE_TEST_SUITE_P(Conformance, EverySource, ::testing::ValuesIn(source_harnesses()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace tidegate::test
