#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/trial/site.h"

namespace tidegate {
namespace {

using testing::findings_of;
using ::testing::HasSubstr;
using testing::run_only;

Config plant() {
  return testing::site(R"(
routes:
  temperatures: { from: floor, topic: "sensors/{site}/+/temperature", to: cloud }
  everything: { from: floor, to: hq }
)");
}

/// One reading every minute for three hours.
constexpr std::string_view kThreeHours = R"(
cases:
  - name: three hours
    given: [ { source: floor, topic: sensors/a/1/temperature, data: { v: 1 }, repeat: 180, every: 1m } ]
)";

std::string three_hours(std::string_view rest) { return std::string(kThreeHours) + std::string(rest); }

TEST(TrialRun, EventsGoWhereTheRoutesSay) {
  const CaseResult result = run_only(plant(), R"(
cases:
  - name: two routes
    given:
      - { source: floor, topic: sensors/a/1/temperature, data: { value: 91, unit: C }, attributes: { line: "4" } }
      - { source: floor, topic: sensors/a/1/humidity, data: { value: 40 } }
      - { source: erp, topic: sensors/a/1/temperature, data: 1 }
    expect:
      temperatures:
        matched: [1]
        delivered:
          - subject: sensors/a/1/temperature
            source: /plant-7/floor
            type: tidegate.mqtt.message
            time: 2026-01-01T00:00:00Z
            data: { value: 91.0 }
            attributes: { line: "4" }
        pending: 0
      everything: { matched: [1, 2], delivered: 2, filtered: 0, dead: 0 }
)");
  EXPECT_EQ(findings_of(result), "");
  EXPECT_TRUE(result.passed());
}

TEST(TrialRun, WhatDiffersIsShownBesideWhatWasExpected) {
  const CaseResult result = run_only(plant(), R"(
cases:
  - name: wrong
    given:
      - { source: floor, topic: sensors/a/1/temperature, data: { value: 91, tags: [x, y] } }
      - { source: floor, topic: sensors/b/1/temperature, data: { value: 92 } }
    expect:
      temperatures:
        matched: [2]
        delivered: [ { subject: sensors/a/1/temperature, data: { tags: [x, z] } } ]
        dead: 1
        pending: 4
)");
  EXPECT_FALSE(result.passed());
  EXPECT_EQ(findings_of(result),
            "temperatures/cloud: matched | [2] | [1, 2] | differs\n"
            "temperatures/cloud: delivered: 1 expected, 2 came | sensors/a/1/temperature {\"tags\":[\"x\",\"z\"]} | "
            "sensors/a/1/temperature {\"tags\":[\"x\",\"y\"],\"value\":91} | data.tags[2] is \"y\", not \"z\"\n"
            "temperatures/cloud: dead: 1 expected, 0 came | * |  | nothing more came\n"
            "temperatures/cloud: pending | 4 | 0 | differs\n");
  ASSERT_EQ(result.findings.size(), 4u);
  EXPECT_EQ(result.findings[1].at, (Position{10, 22}));
}

TEST(TrialRun, AnOutageIsWaitedOutInVirtualTime) {
  const CaseResult result = run_only(plant(), three_hours(R"(
    sinks:
      cloud: [ { answer: down, for: 2h }, { answer: 429, times: 1, retry_after: 30s } ]
    expect:
      temperatures:
        delivered: 180
        at:
          1h59m: { delivered: 0, pending: 120 }
          2h5s: { delivered: 0 }
          2h2m30s: { pending: 0 }
)"));
  EXPECT_EQ(findings_of(result), "");
  EXPECT_GT(result.lived, std::chrono::hours{2});
}

TEST(TrialRun, RetryAfterIsKept) {
  const CaseResult result = run_only(plant(), R"(
cases:
  - name: throttled
    given: [ { source: floor, topic: sensors/a/1/temperature } ]
    sinks: { cloud: [ { answer: 429, times: 1, retry_after: 30s } ] }
    expect: { temperatures: { at: { 29s: { pending: 1 }, 31s: { delivered: 1, pending: 0 } } } }
)");
  EXPECT_EQ(findings_of(result), "");
}

TEST(TrialRun, APoisonEventIsADeadLetterWithThePeersWords) {
  const CaseResult result = run_only(plant(), R"(
cases:
  - name: poison
    given: [ { source: floor, topic: sensors/a/1/temperature } ]
    sinks: { cloud: [ { answer: 422, reason: "value missing" } ] }
    expect: { temperatures: { dead: [ { reason: "HTTP 422: value missing" } ], pending: 0, delivered: 0 } }
)");
  EXPECT_EQ(findings_of(result), "");
}

TEST(TrialRun, AParkedLaneKeepsItsEvents) {
  const CaseResult result = run_only(plant(), three_hours(R"(
    sinks: { cloud: [ { answer: 410 } ] }
    expect: { temperatures: { pending: 180, delivered: 0 }, everything: { delivered: 180 } }
)"));
  EXPECT_EQ(findings_of(result), "");
}

TEST(TrialRun, AnEventWithoutAnAnswerIsSentAgain) {
  const CaseResult result = run_only(plant(), R"(
cases:
  - name: timeout
    given: [ { source: floor, topic: sensors/a/1/temperature } ]
    sinks: { cloud: [ { answer: timeout, times: 1, takes: 20s } ] }
    expect: { temperatures: { at: { 19s: { pending: 1 } }, delivered: 1 } }
)");
  EXPECT_EQ(findings_of(result), "");
}

TEST(TrialRun, RunForEndsACaseEarly) {
  const CaseResult result = run_only(plant(), three_hours(R"(
    run_for: 10m
    expect: { temperatures: { delivered: 9, matched: [1] } }
)"));
  EXPECT_THAT(findings_of(result), HasSubstr("9 expected, 10 came"));
  EXPECT_EQ(result.lived, std::chrono::minutes{10});
}

TEST(TrialRun, ACaseThatNeverRestsEnds) {
  Config impatient = plant();
  impatient.sinks.front().delivery.retry = {milliseconds{1}, milliseconds{1}};
  impatient.sinks.front().delivery.breaker.failures = 0;
  const CaseResult result = run_only(impatient, R"(
cases:
  - name: busy
    given: [ { source: floor, topic: sensors/a/1/temperature } ]
    sinks: { cloud: [ { answer: 503 } ] }
    run_for: 8000h
    expect: { temperatures: { pending: 1 } }
)");
  EXPECT_THAT(result.trouble, HasSubstr("still busy"));
  EXPECT_FALSE(result.passed());
}

TEST(TrialRun, TheSameCaseGivesTheSameResult) {
  const std::string text = three_hours(R"(
    sinks: { cloud: [ { answer: 503, times: 7 } ] }
    expect: { temperatures: { delivered: [ { id: "?", count: 180 } ] } }
)");
  EXPECT_NE(findings_of(run_only(plant(), text)), "");
  EXPECT_EQ(findings_of(run_only(plant(), text)), findings_of(run_only(plant(), text)));
}

TEST(TrialRun, WhatARouteLeavesOutIsCountedByReason) {
  const CaseResult result = run_only(testing::site(R"(
routes:
  reduced: { from: floor, topic: "sensors/#", reduce: { deadband: { field: data.v, absolute: 1, heartbeat: 30m } }, to: cloud }
)"),
                                     three_hours(R"(
    expect: { reduced: { matched: [1], delivered: 6, filtered: { deadband: 174 }, pending: 0 } }
)"));
  EXPECT_EQ(findings_of(result), "");
}

TEST(TrialRun, WindowsGoByTheTimeThatTheTransformFinds) {
  const CaseResult result = run_only(testing::site(R"(
routes:
  hourly:
    from: floor
    transform: { time: { field: data.ts, format: unix_s } }
    reduce: { window: { fields: data.v, every: 1h } }
    to: cloud
)"),
                                     R"(
cases:
  - name: readings of an evening that come in at midnight
    given: [ { source: floor, topic: sensors/a, series: [ { ts: 1767218400, v: 1 }, { ts: 1767221999, v: 3 }, { ts: 1767222000, v: 5 } ], repeat: 3, every: 0s } ]
    expect:
      hourly:
        delivered:
          - { time: 2025-12-31T23:00:00Z, data: { start: "2025-12-31T22:00:00.000Z", count: 2, fields: { v: { mean: 2 } } } }
          - { time: 2026-01-01T00:00:00Z, data: { start: "2025-12-31T23:00:00.000Z", count: 1 } }
)");
  EXPECT_EQ(findings_of(result), "");
}

TEST(TrialRun, WindowsLeaveWhenTheirTimeIsOver) {
  const CaseResult result = run_only(testing::site(R"(
routes:
  hourly: { from: floor, topic: "sensors/#", reduce: { window: { fields: data.v, every: 1h } }, to: cloud }
)"),
                                     three_hours(R"(
    expect:
      hourly:
        filtered: { window: 180 }
        delivered:
          - { count: 3, type: tidegate.window, subject: sensors/a/1/temperature, data: { count: 60, fields: { v: { mean: 1 } } } }
        at: { 3h4s: { delivered: 2 }, 3h6s: { delivered: 3 } }
)"));
  EXPECT_EQ(findings_of(result), "");
}

}  // namespace
}  // namespace tidegate
