#include "gateway/transform/lane_shaper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/transform/limits.h"
#include "tests/unit/trial/site.h"
#include "transforms.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using testing::reading;

std::unique_ptr<Shaper> shaper(std::string_view transform) {
  LaneShaperSetup setup{*TopicFilter::parse("sensors/{site}/{device}"), {}};
  if (!transform.empty()) setup.transform = testing::transform_options_of(transform);
  return make_lane_shaper(std::move(setup));
}

TEST(LaneShaper, LeavesTheOriginalWholeForTheDeadLetters) {
  const auto lane = shaper("template: { v: '${data.value}', site: '${captures.site}' }");
  std::vector<StoredEvent> events{{Seq{1}, reading()}, {Seq{2}, reading("ON")}};
  const auto shaped = lane->shape(events, {});
  ASSERT_EQ(shaped.size(), 2u);
  EXPECT_EQ(shaped[0].kind, Shaped::Kind::pass);
  EXPECT_TRUE(shaped[0].changed);
  ASSERT_EQ(shaped[0].outs.size(), 1u);
  EXPECT_EQ(shaped[0].outs[0].event.data, R"({"v":21.50,"site":"hall-2"})");
  EXPECT_EQ(shaped[0].outs[0].event.id, "e1");
  EXPECT_THAT(shaped[0].outs[0].captures, ElementsAre(Pair("site", "hall-2"), Pair("device", "t1")));
  EXPECT_EQ(shaped[1].kind, Shaped::Kind::failed);
  EXPECT_EQ(shaped[1].reason, "template: data.value is missing: the payload is not JSON");
  EXPECT_EQ(events[0].event, reading());
  EXPECT_EQ(events[1].event, reading("ON"));
}

TEST(LaneShaper, TransformsDeferredEventsAgain) {
  const auto lane = shaper("type: again");
  std::vector<StoredEvent> events{{Seq{1}, reading()}};
  EXPECT_EQ(lane->reshape(events, {}).at(0).outs.at(0).event.type, "again");
}

TEST(LaneShaper, WithoutATransformNothingIsCopied) {
  const auto lane = shaper("");
  std::vector<StoredEvent> events{{Seq{1}, reading(std::string(1000, 'x'))}};
  const char* const payload = events[0].event.data.data();
  const auto shaped = lane->shape(events, {});
  EXPECT_FALSE(shaped.at(0).changed);
  EXPECT_EQ(shaped.at(0).outs.at(0).event.data.data(), payload);
}

TEST(LaneShaper, ManyLargeEventsAreAnsweredInParts) {
  const auto lane = shaper("template: [ '${data}', '${data}' ]");
  std::vector<StoredEvent> events(10, {Seq{1}, reading("\"" + std::string(1u << 20, 'x') + "\"")});
  const std::size_t answered = lane->shape(events, {}).size();
  EXPECT_GE(answered, 1u);
  EXPECT_LE(answered, 3u);
}

TEST(LaneShaper, TimesThatCannotBeAreFailuresAmongTheOthers) {
  const auto lane = shaper("time: { field: data.ts, format: unix_s, otherwise: dead }");
  const auto at = [](const char* time) { return reading(std::string(R"({"ts":)") + time + "}"); };
  std::vector<StoredEvent> events{{Seq{1}, at("0")}, {Seq{2}, at("1767225500")}, {Seq{3}, at("1")}};
  const auto shaped = lane->shape(events, {});
  ASSERT_EQ(shaped.size(), 3u);
  EXPECT_EQ(shaped[0].kind, Shaped::Kind::failed);
  EXPECT_EQ(shaped[1].kind, Shaped::Kind::pass);
  EXPECT_TRUE(shaped[1].changed);
  EXPECT_EQ(shaped[2].kind, Shaped::Kind::failed);
  EXPECT_EQ(events[1].event, at("1767225500"));
}

TEST(LaneShaper, WindowsKeepTheirTime) {
  LaneShaperSetup setup{*TopicFilter::parse("#"),
                        testing::transform_options_of("time: { field: data.ts, otherwise: dead }")};
  setup.internal.window = SourceId{7};
  const auto lane = make_lane_shaper(std::move(setup));
  std::vector<StoredEvent> events{{Seq{1}, reading()}, {Seq{2}, reading()}};
  events[1].source = SourceId{7};
  const auto shaped = lane->shape(events, {});
  EXPECT_EQ(shaped.at(0).kind, Shaped::Kind::failed);
  EXPECT_EQ(shaped.at(1).kind, Shaped::Kind::pass);
}

TEST(LaneShaper, ReductionsAndProgramsGoByTheTimeOfTheDevice) {
  const Config config = testing::site(R"(
routes:
  readings:
    from: floor
    topic: "sensors/#"
    to: cloud
    reduce: { throttle: { events: 1, every: 1m } }
    transform:
      time: { field: data.ts }
      jq: "{ t: .time }"
)");
  // What came in within ten seconds was measured minutes apart.
  EXPECT_EQ(testing::findings_of(testing::run_only(config, R"(
cases:
  - name: readings that were kept while offline
    given:
      - source: floor
        topic: sensors/a
        every: 1s
        repeat: 3
        series: [ { ts: "2025-12-31T23:00:00Z" }, { ts: "2025-12-31T23:00:30Z" }, { ts: "2025-12-31T23:05:00Z" } ]
    expect:
      readings:
        delivered:
          - { time: "2025-12-31T23:00:00Z" , data: { t: "2025-12-31T23:00:00.000Z" } }
          - { time: "2025-12-31T23:05:00Z" , data: { t: "2025-12-31T23:05:00.000Z" } }
        filtered: { throttle: 1 }
)")),
            "");
}

TEST(LaneShaper, CasesSeeTransforms) {
  const Config config = testing::site(R"(
routes:
  readings:
    from: floor
    topic: "sensors/{site}/+"
    to: cloud
    transform:
      template: { site: "${captures.site}", value: "${data.value}" }
      subject: readings/${captures.site}
      set: { kind: reading }
)");
  EXPECT_EQ(testing::findings_of(testing::run_only(config, R"(
cases:
  - name: a reading and a word
    given:
      - { source: floor, topic: sensors/a/1, data: { value: 91, unit: C } }
      - { source: floor, topic: sensors/a/2, text: "ON" }
    expect:
      readings:
        delivered: [ { subject: readings/a, data: { site: a, value: 91 }, attributes: { kind: reading } } ]
        dead: [ { subject: sensors/a/2, text: "ON", reason: "data.value is missing: the payload is not JSON" } ]
        pending: 0
)")),
            "");
}

}  // namespace
}  // namespace tidegate
