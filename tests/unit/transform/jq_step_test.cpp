#include "gateway/transform/jq_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "gateway/config/diagnostics.h"
#include "gateway/transform/jq/limits.h"
#include "gateway/transform/lane_shaper.h"
#include "gateway/trial/program_check.h"
#include "tests/unit/trial/site.h"
#include "transforms.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::reading;
using ::testing::SizeIs;

TopicFilter topic() { return *TopicFilter::parse("sensors/{site}/{device}"); }

std::string input_of(const Event& event) {
  std::string out;
  append_jq_input(event, topic(), out);
  return out;
}

/// What a route with this transform makes of the events, all in one read.
std::vector<Shaped> shaped_by(std::string_view transform, const std::vector<std::string>& payloads) {
  const auto shaper = make_lane_shaper({topic(), testing::transform_options_of(transform)});
  std::vector<StoredEvent> events;
  for (const std::string& payload : payloads) events.push_back({Seq{events.size() + 1}, reading(payload)});
  return shaper->shape(events, {});
}

TEST(JqInput, HasTheFieldsOfPatternsAndThePayload) {
  Event event{"e1",
              "/floor",
              "com.example",
              "sensors/hall-2/t1",
              WallTime{milliseconds{1'500}},
              "application/json",
              R"({"v": 1})",
              {{"qos", "1"}, {"captures", "no"}, {"odd \"name\"", "x"}}};
  EXPECT_EQ(input_of(event),
            R"({"id":"e1","source":"/floor","type":"com.example","subject":"sensors/hall-2/t1",)"
            R"("datacontenttype":"application/json","time":"1970-01-01T00:00:01.500Z","qos":"1","odd \"name\"":"x",)"
            R"("captures":{"site":"hall-2","device":"t1"},"data":{"v": 1}})");
}

TEST(JqInput, TextIsAStringOtherBytesAreBase64AndNothingIsNothing) {
  EXPECT_THAT(input_of(reading("ON")), HasSubstr(R"(},"data":"ON"})"));
  EXPECT_THAT(input_of(reading("\xff\xfe")), HasSubstr(R"(},"data_base64":"//4="})"));
  EXPECT_THAT(input_of(reading("")), ::testing::EndsWith(R"("device":"t1"}})"));
}

TEST(JqTransform, OneOutputIsTheNewPayloadUnderTheSameId) {
  const auto shaped = shaped_by("jq: '{site: .captures.site, v: .data.value}'", {R"({"value":21.5})"});
  ASSERT_THAT(shaped, SizeIs(1));
  EXPECT_EQ(shaped[0].kind, Shaped::Kind::pass);
  EXPECT_TRUE(shaped[0].changed);
  ASSERT_THAT(shaped[0].outs, SizeIs(1));
  Event expected = reading(R"({"site":"hall-2","v":21.5})");
  expected.datacontenttype = "application/json";
  EXPECT_EQ(shaped[0].outs[0].event, expected);
  EXPECT_THAT(shaped[0].outs[0].captures, ElementsAre(Pair("site", "hall-2"), Pair("device", "t1")));
}

TEST(JqTransform, SeveralOutputsAreEventsWithIdsOfTheirOwn) {
  const auto shaped = shaped_by("jq: '.data[]'", {"[1,2]"});
  ASSERT_THAT(shaped, SizeIs(1));
  ASSERT_THAT(shaped[0].outs, SizeIs(2));
  EXPECT_EQ(shaped[0].outs[0].event.id, "e1.1");
  EXPECT_EQ(shaped[0].outs[0].event.data, "1");
  EXPECT_EQ(shaped[0].outs[1].event.id, "e1.2");
  EXPECT_EQ(shaped[0].outs[1].event.data, "2");
}

TEST(JqTransform, NoOutputIsFilteredAndAnErrorIsADeadLetter) {
  const auto shaped = shaped_by("jq: 'if .data then .data elif .data == null then empty else error(\"it is off\") end'",
                                {"true", "false", "null"});
  ASSERT_THAT(shaped, SizeIs(3));
  EXPECT_EQ(shaped[0].kind, Shaped::Kind::pass);
  EXPECT_EQ(shaped[1].kind, Shaped::Kind::failed);
  EXPECT_EQ(shaped[1].reason, "jq: it is off");
  EXPECT_THAT(shaped[1].outs, IsEmpty());
  EXPECT_EQ(shaped[2].kind, Shaped::Kind::filtered);
  EXPECT_EQ(shaped[2].reason, "transform");
}

TEST(JqTransform, TheOtherOptionsSeeWhatJqMade) {
  const auto shaped =
      shaped_by("{ jq: '.data[] | {n: .}', template: { m: '${data.n}' }, type: 'made.${data.n}' }", {"[1,2]"});
  ASSERT_THAT(shaped, SizeIs(1));
  ASSERT_THAT(shaped[0].outs, SizeIs(2)) << shaped[0].reason;
  EXPECT_EQ(shaped[0].outs[1].event.data, R"({"m":2})");
  EXPECT_EQ(shaped[0].outs[1].event.type, "made.2");
}

TEST(JqTransform, WhenOnePartCannotBeMadeNoneLeaves) {
  const auto shaped = shaped_by("{ jq: '.data[]', template: { m: '${data.n}' } }", {R"([{"n":1},{}])"});
  ASSERT_THAT(shaped, SizeIs(1));
  EXPECT_EQ(shaped[0].kind, Shaped::Kind::failed);
  EXPECT_EQ(shaped[0].reason, "template: data.n is missing");
}

TEST(JqTransform, AProgramThatNeverEndsFailsItsEventAndTheOthersComeThrough) {
  const auto shaper =
      make_lane_shaper({topic(), testing::transform_options_of("jq: 'def f: f; if .data == 2 then f else .data end'")});
  std::vector<StoredEvent> events{{Seq{1}, reading("1")}, {Seq{2}, reading("2")}, {Seq{3}, reading("3")}};
  std::vector<Shaped> all;
  while (all.size() < events.size())
    for (Shaped& one : shaper->reshape(std::span(events).subspan(all.size()), {})) all.push_back(std::move(one));
  EXPECT_EQ(all[0].outs.at(0).event.data, "1");
  EXPECT_EQ(all[1].kind, Shaped::Kind::failed);
  EXPECT_EQ(all[1].reason, "jq: the program took longer than 1 s");
  EXPECT_EQ(all[2].outs.at(0).event.data, "3");
}

TEST(JqTransform, AProgramIsATextOfBoundedLength) {
  EXPECT_THAT(testing::transform_mistake("jq: { id: 1 }"), HasSubstr("a jq program is wanted"));
  EXPECT_THAT(testing::transform_mistake("jq: ' '"), HasSubstr("a jq program is wanted"));
  EXPECT_THAT(testing::transform_mistake("jq: '" + std::string(limits::kJqProgramBytesMax + 1, '.') + "'"),
              HasSubstr("longer than 65536 bytes"));
}

TEST(JqTransform, TheCheckSaysAtTheProgramsPlaceWhatJqSays) {
  const Config config = testing::site(R"(
routes:
  fine: { from: floor, topic: "a/#", to: cloud, transform: { jq: ".data" } }
  wrong:
    from: floor
    topic: "b/#"
    to: cloud
    transform:
      jq: "{id: }"
)");
  Diagnostics said("site.yaml");
  check_jq_programs(config, said);
  ASSERT_EQ(said.errors(), 1u) << said.text();
  EXPECT_THAT(said.text(), HasSubstr("routes.wrong.transform.jq: syntax error, unexpected '}' at <top-level>, line 1"));
  EXPECT_EQ(said.sorted().at(0).at, config.routes.at(1).transform->jq->at);
  EXPECT_GT(said.sorted().at(0).at.line, 1u);
}

TEST(JqTransform, CasesSeeIt) {
  const Config config = testing::site(R"(
routes:
  readings:
    from: floor
    topic: "sensors/{site}/+"
    to: cloud
    transform: { jq: ".data | .[]? | {site: $__loc__.line, v: .}" }
)");
  EXPECT_EQ(testing::findings_of(testing::run_only(config, R"(
cases:
  - name: a list, an empty one and a word
    given:
      - { source: floor, topic: sensors/a/1, data: [ 1, 2 ] }
      - { source: floor, topic: sensors/a/2, data: [] }
    expect:
      readings:
        delivered: [ { data: { site: 1, v: 1 } }, { data: { site: 1, v: 2 } } ]
        filtered: 1
        pending: 0
)")),
            "");
}

}  // namespace
}  // namespace tidegate
