#include "connectors/fields/text_fields.h"

#include <gtest/gtest.h>

namespace tidegate::fields {
namespace {

OutEvent reading(std::string data) {
  OutEvent out;
  out.event.id = "e1";
  out.event.type = "reading";
  out.event.data = std::move(data);
  out.captures = {{"site", "hall-2"}};
  return out;
}

std::string text_of(const TextFields& fields, Field field, std::size_t bytes_max = 100) {
  std::string out = "before:";
  const Status appended = fields.append(field, out, bytes_max);
  return appended ? out : "FAULT " + appended.error().message + " after " + out;
}

TEST(TextFields, AreFilledByTheEventThatWasReadLast) {
  TextFields fields;
  const Field group = fields.add(Text("${captures.site}/${data.line}"));
  const Field id = fields.add(Text("${id}"));
  const OutEvent first = reading(R"({"line":4})");
  const OutEvent second = reading(R"({"line":"five"})");
  fields.read(first);
  EXPECT_EQ(text_of(fields, group), "before:hall-2/4");
  EXPECT_EQ(text_of(fields, id), "before:e1");
  fields.read(second);
  EXPECT_EQ(text_of(fields, group), "before:hall-2/five");
}

TEST(TextFields, WhatFailsLeavesTheTextAsItWas) {
  TextFields fields;
  const Field group = fields.add(Text("${captures.site}/${data.line}"));
  const OutEvent other = reading(R"({"row":4})");
  fields.read(other);
  EXPECT_EQ(text_of(fields, group), "FAULT data.line is missing after before:");
  const OutEvent longer = reading(R"({"line":"0123456789"})");
  fields.read(longer);
  EXPECT_EQ(text_of(fields, group, 16), "FAULT the result is longer than 16 bytes after before:");
  EXPECT_EQ(text_of(fields, group, 17), "before:hall-2/0123456789");
}

TEST(TextFields, NoTextIsNotAnEmptyText) {
  TextFields fields;
  const Field maybe = fields.add(Text("${data.line?}"));
  const OutEvent without = reading("{}");
  fields.read(without);
  EXPECT_TRUE(fields.is_nothing(maybe));
  const OutEvent with = reading(R"({"line":""})");
  fields.read(with);
  EXPECT_FALSE(fields.is_nothing(maybe));
  EXPECT_EQ(text_of(fields, maybe), "before:");
}

}  // namespace
}  // namespace tidegate::fields
