#include "gateway/transform/transform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "transforms.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing::reading;
using testing::transform_mistake;
using testing::transformed;

TEST(Transform, WhatIsNotNamedStaysAsItIs) {
  const Event in = reading();
  Event wanted = in;
  wanted.type = "com.example.reading";
  EXPECT_EQ(transformed("type: com.example.reading", in).event, wanted);
  EXPECT_EQ(transformed("{}", in).event, in);
}

TEST(Transform, ATemplateMakesAPayloadOfJson) {
  Event in = reading("ON");
  in.datacontenttype = "text/plain";
  const auto out = transformed("template: { state: '${text}', was: '${datacontenttype}' }", in);
  EXPECT_EQ(out.event.data, R"({"state":"ON","was":"text/plain"})");
  EXPECT_EQ(out.event.datacontenttype, "application/json");
}

TEST(Transform, TypeSubjectAndSourceAreTexts) {
  const auto out = transformed(R"(
type: com.example.${captures.device}
subject: ${captures.site}/${data.unit}
source: ${source}/hall
)",
                               reading());
  EXPECT_EQ(out.event.type, "com.example.t1");
  EXPECT_EQ(out.event.subject, "hall-2/C");
  EXPECT_EQ(out.event.source, "/plant-7/floor/hall");
  EXPECT_EQ(transformed("type: '${data.t}'", reading(R"({"t":""})")).fault, "type: the text is empty");
  EXPECT_EQ(transformed("source: '${data.t}'", reading(R"({"t":""})")).fault, "source: the text is empty");
  EXPECT_EQ(transformed("subject: 's/${data.t}'", reading()).fault, "subject: data.t is missing");
  EXPECT_THAT(transform_mistake("type: ''"), HasSubstr("an event cannot be without it"));
  EXPECT_THAT(transform_mistake("subject: [a]"), HasSubstr("a text is wanted here"));
}

TEST(Transform, AttributesAreSetReplacedAndDropped) {
  const auto out =
      transformed("set: { site: '${captures.site}', qos: 'was ${attributes.qos}', n: 7 }\ndrop: line\n", reading());
  EXPECT_THAT(out.event.attributes, ElementsAre(Pair("qos", "was 1"), Pair("site", "hall-2"), Pair("n", "7")));
}

TEST(Transform, AnAttributeWhoseValueMayBeMissingIsLeftOut) {
  EXPECT_THAT(transformed("set: { a: '${data.unit?}', b: '${data.lot?}', c: '${attributes.x?}', d: 'x${data.lot?}' }",
                          reading())
                  .event.attributes,
              ElementsAre(Pair("qos", "1"), Pair("line", "4"), Pair("a", "C"), Pair("d", "x")));
  EXPECT_EQ(transformed("set: { lot: '${data.lot}' }", reading()).fault, "set lot: data.lot is missing");
}

TEST(Transform, NamesThatMeanSomethingElseAreNoAttributes) {
  EXPECT_THAT(transform_mistake("set:\n  a: b\n  type: x\n"), HasSubstr("3:3: error: set: \"type\" is no attribute"));
  EXPECT_THAT(transform_mistake("set: { dataschema: x }"), HasSubstr("is set by data_schema"));
  EXPECT_THAT(transform_mistake("set: { 'a b': x }"), HasSubstr("visible ASCII"));
  EXPECT_THAT(transform_mistake("set: [a]"), HasSubstr("set: a map of attributes is wanted"));
}

TEST(Transform, DataSchemaIsAnAbsoluteUri) {
  const std::string yaml = "data_schema: '${data.schema}'";
  EXPECT_THAT(transformed(yaml, reading(R"({"schema":"https://example.com/r.json"})")).event.attributes,
              ElementsAre(Pair("qos", "1"), Pair("line", "4"), Pair("dataschema", "https://example.com/r.json")));
  EXPECT_EQ(transformed(yaml, reading(R"({"schema":"r.json"})")).fault, "data_schema: the text is no absolute URI");
  EXPECT_THAT(transform_mistake("data_schema: r.json"), HasSubstr("data_schema: an absolute URI is wanted"));
}

TEST(Transform, WhatLeavesKeepsTheLimitsOfAnEvent) {
  const Event in = reading("\"" + std::string(40'000, 'x') + "\"");
  EXPECT_EQ(transformed("set: { a: '${data}' }", in).fault, "");
  EXPECT_THAT(transformed("set: { a: '${data}', b: '${data}' }", in).fault, HasSubstr("bytes of attributes"));
  EXPECT_THAT(transformed("set: { a: '${data}${data}' }", in).fault,
              HasSubstr("the result is longer than 65536 bytes"));
}

TEST(Transform, RunsAgainOnTheNextEventAsIfItWereTheFirst) {
  Transform transform(testing::transform_options_of("template: { v: '${data.value?}' }"));
  Event first;
  Event second;
  ASSERT_EQ(transform.apply(reading(), {}, first), std::nullopt);
  ASSERT_EQ(transform.apply(reading("{}"), {}, second), std::nullopt);
  EXPECT_EQ(first.data, R"({"v":21.50})");
  EXPECT_EQ(second.data, R"({"v":null})");
}

}  // namespace
}  // namespace tidegate
