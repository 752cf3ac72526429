#include "gateway/transform/payload_values.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

PathStep member(std::string name) { return {std::move(name), 0, false}; }
PathStep element(std::uint32_t index) { return {{}, index, true}; }

TEST(PayloadValues, AreFoundInOnePass) {
  PayloadValues values;
  const auto a = values.add({member("a")});
  const auto ab = values.add({member("a"), member("b")});
  const auto second = values.add({member("list"), element(1)});
  const auto all = values.add({});
  EXPECT_EQ(values.add({member("a"), member("b")}), ab);
  values.read(R"( {"a": {"b" : 1.0 }, "list":[ [], {"c":2} , 3], "x":"y"} )");
  EXPECT_TRUE(values.is_json());
  EXPECT_EQ(values.value(a), R"({"b" : 1.0 })");
  EXPECT_EQ(values.value(ab), "1.0");
  EXPECT_EQ(values.value(second), R"({"c":2})");
  EXPECT_EQ(values.value(all), R"({"a": {"b" : 1.0 }, "list":[ [], {"c":2} , 3], "x":"y"})");
}

TEST(PayloadValues, NamesAndNumbersAreDifferentSteps) {
  PayloadValues values;
  const auto name = values.add({member("0")});
  const auto number = values.add({element(0)});
  values.read(R"({"0":1})");
  EXPECT_EQ(values.value(name), "1");
  EXPECT_EQ(values.value(number), "");
  values.read("[2]");
  EXPECT_EQ(values.value(name), "");
  EXPECT_EQ(values.value(number), "2");
}

TEST(PayloadValues, OfMembersThatComeTwiceTheLastOneCounts) {
  PayloadValues values;
  const auto a = values.add({member("a")});
  const auto ab = values.add({member("a"), member("b")});
  values.read(R"({"a":{"b":1},"a":{"c":2}})");
  EXPECT_EQ(values.value(a), R"({"c":2})");
  EXPECT_EQ(values.value(ab), "");
  values.read(R"({"a":{"b":1},"\u0061":{"b":2}})");
  EXPECT_EQ(values.value(ab), "2");
}

TEST(PayloadValues, WhatIsNoJsonHasNone) {
  PayloadValues values;
  const auto a = values.add({member("a")});
  for (const char* payload :
       {"", " ", "x", R"({"a":1)", R"({"a":1}})", R"({"a":1,})", "{\"a\":1,\"b\":\"\xff\"}", R"({"a":01})"}) {
    values.read(payload);
    EXPECT_FALSE(values.is_json()) << payload;
    EXPECT_EQ(values.value(a), "") << payload;
  }
  values.read("7");
  EXPECT_TRUE(values.is_json());
  EXPECT_EQ(values.value(a), "");
}

}  // namespace
}  // namespace tidegate
