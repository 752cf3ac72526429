#include "gateway/intake/gateway_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "gateway/base/limits.h"
#include "tests/support/clock/virtual_clock.h"
#include "tests/unit/intake/recording_spool.h"

namespace tidegate {
namespace {

constexpr SourceId kFloor{7};
constexpr SourceId kRoof{8};
constexpr LaneId kHotLane{1};
constexpr LaneId kAllLane{2};
constexpr LaneId kRoofLane{3};

RouteRule rule(std::string_view filter, std::vector<LaneId> lanes, std::vector<SourceId> from = {}) {
  return {std::move(from), *TopicFilter::parse(filter), std::move(lanes)};
}

Event message(std::string subject, std::string data = "21.5") {
  Event event;
  event.subject = std::move(subject);
  event.data = std::move(data);
  return event;
}

class IntakeTest : public ::testing::Test {
 protected:
  std::optional<Admission> admit(SourceId source, std::vector<Event> events, Admission spool_says) {
    std::optional<Admission> answer;
    Submission submission;
    submission.events = std::move(events);
    intake.admit(source, std::move(submission), [&answer](Admission a) { answer = a; });
    EXPECT_FALSE(answer.has_value()) << "a receipt ran before the spool answered";
    spool.receipts.back()(spool_says);
    return answer;
  }

  testing::VirtualClock clock;
  SeededRandom random{1};
  Metrics metrics;
  RecordingSpool spool;
  Taps taps{{}, clock};
  GatewayIntake intake{{"plant-7",
                        {{kFloor, "floor", "mqtt"}, {kRoof, "roof", "mqtt"}},
                        RouteTable({rule("sensors/+/temperature", {kHotLane}, {kFloor}),
                                    rule("sensors/#", {kAllLane, kHotLane}), rule("sensors/#", {kRoofLane}, {kRoof})}),
                        spool,
                        clock,
                        random,
                        metrics,
                        taps}};
};

TEST_F(IntakeTest, CompletesEventsAndNamesTheirLanesOnce) {
  EXPECT_EQ(admit(kFloor, {message("sensors/a/temperature"), message("other")}, Admission::durable),
            Admission::durable);
  const SpoolSubmission& stored = spool.submissions.at(0);
  ASSERT_EQ(stored.events.size(), 2u);
  const Event& event = stored.events[0].event;
  EXPECT_EQ(event.id.size(), 36u);
  EXPECT_LT(event.id, stored.events[1].event.id);
  EXPECT_EQ(event.source, "/plant-7/floor");
  EXPECT_EQ(event.type, "tidegate.mqtt.message");
  EXPECT_EQ(event.time, clock.wall());
  EXPECT_THAT(stored.events[0].lanes, ::testing::ElementsAre(kHotLane, kAllLane));
  EXPECT_THAT(stored.events[1].lanes, ::testing::IsEmpty());
}

TEST_F(IntakeTest, ARouteOfOneSourceGetsNothingFromAnother) {
  admit(kRoof, {message("sensors/a/humidity")}, Admission::durable);
  admit(kFloor, {message("sensors/a/humidity")}, Admission::durable);
  EXPECT_THAT(spool.submissions.at(0).events.at(0).lanes, ::testing::ElementsAre(kHotLane, kAllLane, kRoofLane));
  EXPECT_THAT(spool.submissions.at(1).events.at(0).lanes, ::testing::ElementsAre(kHotLane, kAllLane));
}

TEST_F(IntakeTest, KeepsWhatTheProducerSaid) {
  Event event = message("sensors/a/humidity");
  event.id = "own-id";
  event.source = "urn:device:a";
  event.type = "com.example.humidity";
  event.time = WallTime{milliseconds{1}};
  const Event original = event;
  admit(kRoof, {event}, Admission::durable);
  EXPECT_EQ(spool.submissions.at(0).events.at(0).event, original);
}

TEST_F(IntakeTest, PassesStateAndRepeatsOn) {
  Submission submission;
  submission.state.push_back({"q2/1", "", true});
  submission.repeats = 3;
  intake.admit(kFloor, std::move(submission), [](Admission) {});
  EXPECT_EQ(spool.submissions.at(0).source, kFloor);
  EXPECT_EQ(spool.submissions.at(0).state.at(0).key, "q2/1");
  EXPECT_EQ(spool.submissions.at(0).repeats, 3u);
  EXPECT_EQ(intake.source_state(kFloor, "q1/").at(0).first, "q1/key");
}

TEST_F(IntakeTest, StoresNothingOfASubmissionThatBreaksALimit) {
  Event oversize = message("sensors/a", std::string(limits::kEventDataBytesMax + 1, 'x'));
  EXPECT_EQ(admit(kFloor, {message("sensors/a"), oversize}, Admission::durable), Admission::refused_invalid);
  EXPECT_TRUE(spool.submissions.at(0).events.empty());
  EXPECT_NE(metrics.render().find("tidegate_intake_invalid_submissions_total{source=\"floor\"} 1"), std::string::npos);
}

TEST_F(IntakeTest, AnEventThatComesRoundIsStoredForNoLaneAndCounted) {
  const auto passed = [](std::string hops) {
    Event event = message("sensors/a/temperature");
    event.attributes = {{"qos", "1"}, {"tidegatehops", std::move(hops)}};
    return event;
  };
  std::string many = "a";
  for (int i = 0; i < 15; ++i) many += ",a";
  admit(kFloor,
        {passed("plant-6,plant-7"), passed("plant-7"), passed("plant-77,plant-"), passed(many), passed(many + ",a"),
         passed("")},
        Admission::durable);
  const auto& stored = spool.submissions.at(0).events;
  ASSERT_EQ(stored.size(), 6u);
  std::vector<bool> goes_on;
  for (const Routed& routed : stored) goes_on.push_back(!routed.lanes.empty());
  EXPECT_THAT(goes_on, ::testing::ElementsAre(false, false, true, true, false, true));
  EXPECT_NE(metrics.render().find("tidegate_source_loops_total{source=\"floor\"} 3"), std::string::npos);
}

TEST_F(IntakeTest, AnInvalidSubmissionThatMeetsAStoppingSpoolIsToldSo) {
  Event oversize = message(std::string(limits::kTopicBytesMax + 1, 't'));
  EXPECT_EQ(admit(kFloor, {oversize}, Admission::stopping), Admission::stopping);
}

TEST_F(IntakeTest, RefusesASourceThatItDoesNotKnow) {
  EXPECT_EQ(admit(SourceId{99}, {message("sensors/a")}, Admission::durable), Admission::refused_invalid);
}

TEST(EventLimits, HoldAtTheirEdges) {
  Event event = message(std::string(limits::kTopicBytesMax, 't'), std::string(limits::kEventDataBytesMax, 'x'));
  event.attributes.assign(limits::kEventAttributesMax, {"n", "v"});
  EXPECT_TRUE(check_event(event));
  event.attributes.emplace_back("n", "v");
  EXPECT_FALSE(check_event(event));
  event.attributes.assign(1, {"n", std::string(limits::kEventAttributeBytesMax, 'v')});
  EXPECT_FALSE(check_event(event));
}

}  // namespace
}  // namespace tidegate
