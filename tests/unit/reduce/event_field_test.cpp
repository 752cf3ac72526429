// Names of fields, and what an event has at them.

#include <gtest/gtest.h>

#include "gateway/transform/reduce/event_field.h"
#include "gateway/transform/reduce/field_reader.h"
#include "gateway/transform/reduce/limits.h"
#include "gateway/transform/reduce/reduce_key.h"

namespace tidegate::testing {
namespace {

std::string refusal(std::string_view text) {
  const auto field = EventField::parse(text);
  return field ? "" : field.error().message;
}

TEST(EventField, WhatIsNoFieldIsRefusedWithTheOnesThereAre) {
  EXPECT_EQ(refusal("data.motor.speed"), "");
  EXPECT_EQ(refusal("captures.site"), "");
  EXPECT_EQ(refusal("attributes.qos"), "");
  EXPECT_NE(refusal("topic").find("is no field; there are id,"), std::string::npos);
  EXPECT_EQ(refusal("captures."), "lacks the name after the dot");
  EXPECT_NE(refusal("data.a..b").find("is no field: a name is missing after the dot"), std::string::npos);
  EXPECT_EQ(refusal("data.a[0"), "is no field: a ] is missing");
  EXPECT_EQ(refusal("data.a b"), "is no field: \" b\" is too much");
}

struct Reading : ::testing::Test {
  std::string at(const std::string& field, const std::string& data) {
    FieldReader reader(*TopicFilter::parse("site/{device}"));
    const std::size_t number = reader.want(*EventField::parse(field));
    event.data = data;
    reader.read(event);
    const FieldValue& value = reader[number];
    return value.missing() ? "(missing)" : std::string(value.text);
  }
  Event event;
};

TEST_F(Reading, NumbersThatAreEqualReadEqual) {
  EXPECT_EQ(at("data.v", R"({"v": 21.0})"), at("data.v", R"({"v": 21})"));
  EXPECT_EQ(at("data.v", R"({"v": 9007199254740993})"), "9007199254740993");
  EXPECT_EQ(at("data.v", R"({"v": 2.5e1})"), "25");
}

TEST_F(Reading, WhatIsNotThereIsMissing) {
  EXPECT_EQ(at("data.v.w", R"({"v": 1})"), "(missing)");
  EXPECT_EQ(at("data.v", "no JSON"), "(missing)");
  EXPECT_EQ(at("data.v", R"({"v": null})"), "null");
  EXPECT_EQ(at("data.v[1]", R"({"v": [1]})"), "(missing)");
  EXPECT_EQ(at("data.v[0]", R"({"v": {"0": 1}})"), "(missing)");
  EXPECT_EQ(at("attributes.qos", "{}"), "(missing)");
}

TEST_F(Reading, PathsAreThoseOfTemplates) {
  EXPECT_EQ(at("data.list[1].x", R"({"list": [{"x": 1}, {"x": 2}]})"), "2");
  EXPECT_EQ(at(R"(data["odd name"])", R"({"odd name": 3})"), "3");
  EXPECT_EQ(at("data[0]", "[4]"), "4");
}

TEST_F(Reading, TheEnvelopeAndCapturesHaveFieldsToo) {
  event.subject = "site/7";
  event.attributes = {{"qos", "1"}};
  EXPECT_EQ(at("captures.device", ""), "7");
  EXPECT_EQ(at("attributes.qos", ""), "1");
  EXPECT_EQ(at("data", "bytes"), "bytes");
}

TEST_F(Reading, KeysOfLongValuesAreShortAndStillTellThemApart) {
  const std::string longest(limits::kReduceKeyValueBytesMax * 10, 'x');
  FieldReader reader(*TopicFilter::parse("#"));
  const ReduceKey key_of({EventField::data()}, reader);
  std::vector<std::string> keys(2);
  for (const char last : {'a', 'b'}) {
    event.data = longest + last;
    reader.read(event);
    key_of.append(reader, keys[last - 'a']);
  }
  EXPECT_NE(keys[0], keys[1]);
  EXPECT_LT(keys[0].size(), limits::kReduceKeyValueBytesMax + 64);
}

}  // namespace
}  // namespace tidegate::testing
