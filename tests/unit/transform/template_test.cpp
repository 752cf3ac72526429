#include "gateway/transform/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/event/json_text.h"
#include "gateway/event/limits.h"
#include "gateway/transform/limits.h"
#include "transforms.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;
using testing::payload_of;
using testing::reading;
using testing::transform_mistake;

TEST(Template, APlaceholderAloneKeepsTheTypeAndTheSpellingOfItsValue) {
  EXPECT_EQ(payload_of(R"(
template:
  v: ${data.value}
  u: ${data.unit}
  tags: ${data.tags}
  second: ${data.tags[1]}
  x: ${data.pos.x}
  y: "${data.pos.y}"
)"),
            R"({"v":21.50,"u":"C","tags":["a","b"],"second":"b","x":1,"y":null})");
  EXPECT_EQ(payload_of("template: ${data}", reading(" 1e400 ")), "1e400");
}

TEST(Template, TheEnvelopeIsThereAsTexts) {
  EXPECT_EQ(
      payload_of("template: ['${id}', '${source}', '${type}', '${subject}', '${time}', '${captures.site}']"),
      R"(["e1","/plant-7/floor","tidegate.mqtt.message","sensors/hall-2/t1","2026-01-01T00:00:00.123Z","hall-2"])");
  EXPECT_EQ(payload_of(R"(template: ['${attributes.qos}', '${attributes["line"]}', '${datacontenttype?}'])"),
            R"(["1","4",null])");
}

TEST(Template, TheTimeHasPartsAndTheRouteAName) {
  EXPECT_EQ(
      payload_of("template: ['${time.date}', '${time.year}/${time.month}/${time.day}', '${time.hour}:${time.minute}']"),
      R"(["2026-01-01","2026/01/01","00:00"])");
  EXPECT_EQ(payload_of("template: '${route}'"), "\"readings\"");
  EXPECT_THAT(transform_mistake("template: '${time.week}'"), HasSubstr("the parts of time are date, year"));
  EXPECT_THAT(transform_mistake("template: '${time.date.year}'"), HasSubstr("the parts of time are"));
  EXPECT_THAT(transform_mistake("template: '${time[0]}'"), HasSubstr("the parts of time are"));
  EXPECT_THAT(transform_mistake("template: '${route.name}'"), HasSubstr("route is a text and has no parts"));
}

TEST(Template, WithinTextValuesAreInsertedAsText) {
  EXPECT_EQ(payload_of(R"(template: "${captures.site}: ${data.value} ${data.unit}, ${data.tags}")"),
            R"("hall-2: 21.50 C, [\"a\",\"b\"]")");
  EXPECT_EQ(payload_of(R"(template: "say ${data.s}!")", reading(R"({"s":"\"\u00e9\"\n"})")), R"("say \"\u00e9\"\n!")");
}

TEST(Template, ScalarsOfTheShapeHaveTheTypesThatJsonGivesThem) {
  EXPECT_EQ(payload_of("template: { a: 1.0, b: '1.0', c: true, d: null, e: text, f: [], g: {} }"),
            R"({"a":1.0,"b":"1.0","c":true,"d":null,"e":"text","f":[],"g":{}})");
}

TEST(Template, AShapeMayBeJsonInAText) {
  EXPECT_EQ(payload_of(R"(template: '{"v": "${data.value}", "n": [1, null]}')"), R"({"v":21.50,"n":[1,null]})");
  EXPECT_THAT(transform_mistake(R"(template: '{"v": ${data.value}}')"), HasSubstr("stands in quotes"));
  EXPECT_THAT(transform_mistake(R"(template: '{"a": 1, "a": 2}')"),
              HasSubstr("1:21: error: template: \"a\" comes twice"));
  EXPECT_THAT(transform_mistake("template: |\n  {\"v\": 1,\n   \"w\": \"${dta}\"}\n"),
              HasSubstr("line 2, column 7 of the JSON text: \"${dta}\": there is no \"dta\""));
}

TEST(Template, WhatIsMissingFailsByDefault) {
  EXPECT_EQ(payload_of("template: { v: '${data.volts}' }"), "FAULT: template: data.volts is missing");
  EXPECT_EQ(payload_of("template: ${data.value}", reading("21.5")), "FAULT: template: data.value is missing");
  EXPECT_EQ(payload_of("template: ${data.value}", reading("ON")),
            "FAULT: template: data.value is missing: the payload is not JSON");
  EXPECT_EQ(payload_of("template: ${data.value}", reading(R"({"value":1,)")),
            "FAULT: template: data.value is missing: the payload is not JSON");
  EXPECT_EQ(payload_of("template: ${data}", reading("")), "FAULT: template: data is missing: the payload is empty");
  EXPECT_EQ(payload_of("template: '${attributes.lot}'"), "FAULT: template: attributes.lot is missing");
  EXPECT_EQ(payload_of("template: '${data.pos.y} m'"), "FAULT: template: data.pos.y is missing: it is null");
}

TEST(Template, AQuestionMarkLetsAValueBeMissing) {
  EXPECT_EQ(payload_of("template: { v: '${data.volts?}', t: 'at ${data.volts?} V' }"), R"({"v":null,"t":"at  V"})");
  EXPECT_EQ(payload_of("template: { v: '${data.value?}' }"), R"({"v":21.50})");
}

TEST(Template, TwoQuestionMarksGiveWhatStandsThereInstead) {
  EXPECT_EQ(
      payload_of(R"(template: { a: '${data.volts ?? 0}', b: '${data.pos.y ?? "none"}', c: '${data.value ?? 0}' })"),
      R"({"a":0,"b":"none","c":21.50})");
  EXPECT_EQ(payload_of(R"(template: { a: 'U=${data.volts ?? "?"} V', b: '${data.volts??{"x":["}"]}}' })"),
            R"({"a":"U=? V","b":{"x":["}"]}})");
}

TEST(Template, PayloadsThatAreNoJsonAreTextOrBase64) {
  EXPECT_EQ(payload_of("template: { state: '${text}' }", reading("ON\n")), R"({"state":"ON\n"})");
  EXPECT_EQ(payload_of("template: { raw: '${base64}' }", reading(std::string("\0\xff", 2))), R"({"raw":"AP8="})");
  EXPECT_EQ(payload_of("template: { raw: '${text}' }", reading("\xff")),
            "FAULT: template: text is missing: the payload is not UTF-8");
}

TEST(Template, NamesWithOddCharactersStandInBrackets) {
  EXPECT_EQ(payload_of(R"(template: '${data["a.b"]["\u00e9 }"][0]}')", reading(R"({"a.b":{"é }":[7]}})")), "7");
  EXPECT_EQ(payload_of("template: ${data.größe}", reading(R"({"gr\u00f6\u00dfe":3})")), "3");
}

TEST(Template, ADollarBeforeADollarAndABraceIsLiteral) {
  EXPECT_EQ(payload_of("template: 'costs $5, $${data.value} is ${data.value}'"),
            R"("costs $5, ${data.value} is 21.50")");
}

TEST(Template, MistakesHaveTheirPlace) {
  EXPECT_THAT(transform_mistake("template:\n  a: 1\n  b: x ${data.}\n"),
              HasSubstr("3:8: error: template: \"${data.}\": a name is missing after the dot"));
  EXPECT_THAT(transform_mistake("template: ${data.a"), HasSubstr("a } is missing"));
  EXPECT_THAT(transform_mistake("template: ${value}"), HasSubstr("there is no \"value\""));
  EXPECT_THAT(transform_mistake("template: '${data.a ?? C}'"), HasSubstr("after ?? there must be JSON"));
  EXPECT_THAT(transform_mistake("template: '${data[x]}'"), HasSubstr("[ ] takes the number of an element"));
  EXPECT_THAT(transform_mistake("template: '${captures}'"), HasSubstr("captures needs one name: captures.NAME"));
  EXPECT_THAT(transform_mistake("template: '${time.ms}'"), HasSubstr("the parts of time are date, year"));
  EXPECT_THAT(transform_mistake("template: { '${id}': 1 }"), HasSubstr("a name cannot have a placeholder"));
}

TEST(Template, DepthAndNumbersHaveLimits) {
  const std::string deep = std::string(limits::kTemplateDepthMax, '[') + std::string(limits::kTemplateDepthMax, ']');
  EXPECT_THAT(transform_mistake("template: '[" + deep + "]'"), HasSubstr("nested deeper than 64 levels"));
  std::string many = "[0";
  for (std::size_t i = 0; i < limits::kTemplateNodesMax; ++i) many += ",0";
  EXPECT_THAT(transform_mistake("template: '" + many + "]'"), HasSubstr("more than 10000 values"));
  std::string placeholders;
  for (std::size_t i = 0; i <= limits::kTemplatePlaceholdersMax; ++i) placeholders += "${id}";
  EXPECT_THAT(transform_mistake("template: '" + placeholders + "'"), HasSubstr("more than 1000 placeholders"));
  const std::string otherwise = "${data.a ?? \"" + std::string(limits::kOtherwiseBytesMax, 'x') + "\"}";
  EXPECT_THAT(transform_mistake("template: '" + otherwise + "'"), HasSubstr("after ?? there are at most 512 bytes"));
  std::string path = "${data";
  for (std::size_t i = 0; i <= limits::kPathStepsMax; ++i) path += ".a";
  EXPECT_THAT(transform_mistake("template: '" + path + "}'"), HasSubstr("more than 32 steps"));
}

TEST(Template, AResultThatIsTooLargeOrTooDeepFails) {
  std::string copies;
  for (int i = 0; i < 20; ++i) copies += "${data},";
  EXPECT_THAT(payload_of("template: '" + copies + "'", reading("\"" + std::string(1u << 20, 'x') + "\"")),
              HasSubstr("the result is longer than 8388608 bytes"));
  const std::string deep = std::string(500, '[') + std::string(500, ']');
  EXPECT_TRUE(is_embeddable_json(payload_of("template: ['${data}']", reading(deep))));
  EXPECT_THAT(payload_of("template: [[[[[[[[[[[[[['${data}']]]]]]]]]]]]]]", reading(deep)),
              HasSubstr("the result is nested deeper than 512 levels"));
}

}  // namespace
}  // namespace tidegate
