#include "connectors/lines/line_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::lines {
namespace {

using ::testing::HasSubstr;

OutEvent reading(std::string data) {
  OutEvent out;
  out.event.id = "e1";
  out.event.source = "/plant";
  out.event.type = "reading";
  out.event.subject = "a/b";
  out.event.time = WallTime{milliseconds{1'767'225'600'123}};
  out.event.data = std::move(data);
  out.captures = {{"site", "hall-2"}};
  return out;
}

CsvOptions csv(std::string_view yaml) {
  auto read = csv_table().parse_text(yaml);
  EXPECT_TRUE(read) << read.error().message;
  return read ? *std::move(read) : CsvOptions{};
}

/// The line of an event, or "FAULT " and the reason.
std::string line_of(Format format, const CsvOptions& options, const OutEvent& event) {
  fields::TextFields fields;
  LineWriter writer(format, options, fields);
  fields.read(event);
  std::string out;
  const Status appended = writer.append(event, out);
  return appended ? out : "FAULT " + appended.error().message + out;
}

std::string header_of(const CsvOptions& options) {
  fields::TextFields fields;
  return LineWriter(Format::csv, options, fields).header();
}

TEST(LineWriter, ACloudEventIsOneLineHoweverItsPayloadIsBroken) {
  EXPECT_EQ(line_of(Format::cloudevents, {}, reading("{\n  \"v\": 1\r\n}")),
            R"({"specversion":"1.0","id":"e1","source":"/plant","type":"reading","subject":"a/b",)"
            R"("time":"2026-01-01T00:00:00.123Z","data":{   "v": 1  }})"
            "\n");
}

TEST(LineWriter, APayloadAloneIsJsonWhateverItIs) {
  EXPECT_EQ(line_of(Format::payload, {}, reading("{\"v\":\n1}")), "{\"v\": 1}\n");
  EXPECT_EQ(line_of(Format::payload, {}, reading("")), "null\n");
  EXPECT_EQ(line_of(Format::payload, {}, reading(std::string("\0\xff", 2))), "{\"data_base64\":\"AP8=\"}\n");
}

TEST(LineWriter, ColumnsAreQuotedOnlyWhereTheyMust) {
  const CsvOptions options =
      csv("columns: { time: '${time}', site: '${captures.site}', v: '${data.v}', n: '${data.n?}' }");
  EXPECT_EQ(line_of(Format::csv, options, reading(R"({"v":21.50})")), "2026-01-01T00:00:00.123Z,hall-2,21.50,\r\n");
  EXPECT_EQ(line_of(Format::csv, options, reading(R"({"v":"a,b","n":"say \"x\""})")),
            "2026-01-01T00:00:00.123Z,hall-2,\"a,b\",\"say \"\"x\"\"\"\r\n");
  EXPECT_EQ(line_of(Format::csv, options, reading(R"({"v":"two\nlines","n":"\r"})")),
            "2026-01-01T00:00:00.123Z,hall-2,\"two\nlines\",\"\r\"\r\n");
  EXPECT_EQ(line_of(Format::csv, options, reading(R"({"v":[1,2]})")), "2026-01-01T00:00:00.123Z,hall-2,\"[1,2]\",\r\n");
}

TEST(LineWriter, TheDelimiterIsWhatMakesAQuote) {
  const CsvOptions options = csv("{ columns: { a: '${data.a}', 'b;c': '${data.b}' }, delimiter: ';' }");
  EXPECT_EQ(header_of(options), "a;\"b;c\"\r\n");
  EXPECT_EQ(line_of(Format::csv, options, reading(R"({"a":"1,5","b":"x;y"})")), "1,5;\"x;y\"\r\n");
  EXPECT_EQ(header_of(csv("{ columns: { a: x, b: y }, delimiter: tab }")), "a\tb\r\n");
  EXPECT_EQ(header_of(csv("{ columns: { a: x }, header: false }")), "");
}

TEST(LineWriter, WhatAColumnLacksIsNamedAndNothingIsWritten) {
  const CsvOptions options = csv("columns: { site: '${captures.site}', v: '${data.v}' }");
  EXPECT_EQ(line_of(Format::csv, options, reading("{}")), "FAULT column v: data.v is missing");
  EXPECT_THAT(line_of(Format::csv, options, reading(R"({"v":"a\u0000b"})")),
              HasSubstr("column v: the value holds a NUL"));
}

TEST(LineWriter, OptionsThatDoNotFitTogetherAreNamed) {
  EXPECT_EQ(check(Format::csv, {})->option, "csv");
  EXPECT_EQ(check(Format::payload, csv("columns: { a: b }"))->option, "csv");
  EXPECT_FALSE(check(Format::csv, csv("columns: { a: b }")));
  EXPECT_FALSE(csv_table().parse_text("{ columns: { a: b }, delimiter: '\"' }"));
  EXPECT_FALSE(csv_table().parse_text("{ columns: { a: b }, delimiter: ab }"));
  EXPECT_FALSE(csv_table().parse_text("{ delimiter: ',' }"));
}

}  // namespace
}  // namespace tidegate::lines
