#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/influxdb/influxdb.h"
#include "connectors/influxdb/point_writer.h"
#include "gateway/config/option_table.h"
#include "gateway/routing/topic_filter.h"
#include "store_rig.h"

namespace tidegate::influxdb {
namespace {

using ::testing::HasSubstr;

OutEvent reading(std::string data) {
  OutEvent out;
  out.event.id = "e1";
  out.event.subject = "plant/hall 2/t=1";
  out.event.time = WallTime{milliseconds{1'767'225'600'123}};
  out.event.data = std::move(data);
  out.captures = {{"site", "hall 2"}};
  return out;
}

/// The line of an event, or "FAULT " and the reason.
std::string line_of(const std::string& yaml, std::string data) {
  const bool is_map = yaml.starts_with('{');
  const auto options =
      sink_table().parse_text(is_map ? "{ url: 'http://127.0.0.1:1', database: plant, " + yaml.substr(1)
                                     : "url: http://127.0.0.1:1\ndatabase: plant\n" + yaml);
  if (!options) return options.error().message;
  PointWriter points(*options, "readings");
  const OutEvent event = reading(std::move(data));
  std::string out;
  const Status appended = points.append(event, out);
  return appended ? out : "FAULT " + appended.error().message + out;
}

std::string field_of(const std::string& field, const std::string& value) {
  const std::string line = line_of("{ measurement: m, fields: { v: " + field + " } }", "{\"v\":" + value + "}");
  return line.starts_with("m v=") ? line.substr(4, line.find_last_of(' ') - 4) : line;
}

TEST(InfluxPoint, IsMeasurementTagsFieldsAndTime) {
  EXPECT_EQ(line_of("measurement: ${route}\ntags: { site: '${captures.site}', device: '${subject}' }\n"
                    "fields: { value: '${data.value}', unit: '${data.unit}' }",
                    R"({"value":21.50,"unit":"C"})"),
            "readings,device=plant/hall\\ 2/t\\=1,site=hall\\ 2 value=21.50,unit=\"C\" 1767225600123\n");
}

TEST(InfluxPoint, WhatMeansSomethingIsEscaped) {
  EXPECT_EQ(
      line_of("measurement: 'a b,c=d\"e'\ntags: { 'k e,y=': 'v a,l=u\\e' }\nfields: { 'f i,e=': 'q\"u\\o' }", "{}"),
      "a\\ b\\,c=d\"e,k\\ e\\,y\\==v\\ a\\,l\\=u\\e f\\ i\\,e\\==\"q\\\"u\\\\o\" 1767225600123\n");
}

TEST(InfluxPoint, WhatLineProtocolCannotSayIsADeadLetter) {
  const std::string field = "\nfields: { v: 1 }";
  EXPECT_EQ(line_of("measurement: '${data.m}'" + field, R"({"m":"#x"})"),
            "FAULT measurement begins with #, which begins a comment");
  EXPECT_EQ(line_of("measurement: '${data.m}'" + field, R"({"m":""})"), "FAULT measurement is empty");
  EXPECT_EQ(line_of("measurement: '${data.m}'" + field, R"({"m":"a\nb"})"), "FAULT measurement holds a line break");
  EXPECT_EQ(line_of("measurement: m\ntags: { t: '${data.t}' }" + field, R"({"t":"a\\"})"),
            "FAULT tag t ends with a backslash, which the line protocol cannot say");
  EXPECT_EQ(line_of("measurement: m\ntags: { t: '${data.t}' }" + field, "{}"), "FAULT tag t: data.t is missing");
  EXPECT_EQ(line_of("measurement: m\ntags: { t: '${text}' }" + field, std::string(65'536, 'x')),
            "FAULT tag t has 65536 bytes, more than the 65535 that InfluxDB takes");
}

TEST(InfluxPoint, ATagWithoutAValueIsLeftOut) {
  EXPECT_EQ(line_of("measurement: m\ntags: { a: '${data.a?}', b: x }\nfields: { v: 1 }", "{}"),
            "m,b=x v=1 1767225600123\n");
}

TEST(InfluxPoint, FieldsKeepTheTypeOfTheirJson) {
  const std::string value = "'${data.v}'";
  EXPECT_EQ(field_of(value, "21"), "21");
  EXPECT_EQ(field_of(value, "-1.5e3"), "-1.5e3");
  EXPECT_EQ(field_of(value, "true"), "true");
  EXPECT_EQ(field_of(value, R"("a \"b\" \\ c")"), R"("a \"b\" \\ c")");
  EXPECT_EQ(field_of(value, R"("two\nlines")"), "\"two\nlines\"");
  EXPECT_EQ(field_of(value, R"([1,"x"])"), R"("[1,\"x\"]")");
  EXPECT_EQ(field_of(value, "1e400"), "FAULT field v is no number that a float can hold");
}

TEST(InfluxPoint, ATypeIsHeldOrTheEventIsADeadLetter) {
  const auto typed = [](const char* type) { return std::string("{ value: '${data.v}', type: ") + type + " }"; };
  EXPECT_EQ(field_of(typed("integer"), "21"), "21i");
  EXPECT_EQ(field_of(typed("integer"), "21.0"), "21i");
  EXPECT_EQ(field_of(typed("integer"), "\"-7\""), "-7i");
  EXPECT_EQ(field_of(typed("integer"), "9223372036854775807"), "9223372036854775807i");
  EXPECT_EQ(field_of(typed("integer"), "9223372036854775808"), "FAULT field v is no integer");
  EXPECT_EQ(field_of(typed("integer"), "1.5"), "FAULT field v is no integer");
  EXPECT_EQ(field_of(typed("integer"), "\"0x10\""), "FAULT field v is no integer");
  EXPECT_EQ(field_of(typed("unsigned"), "7"), "7u");
  EXPECT_EQ(field_of(typed("unsigned"), "-7"), "FAULT field v is no unsigned integer");
  EXPECT_EQ(field_of(typed("float"), "\"1.5\""), "1.5");
  EXPECT_EQ(field_of(typed("float"), "\"nan\""), "FAULT field v is no number that a float can hold");
  EXPECT_EQ(field_of(typed("boolean"), "\"true\""), "true");
  EXPECT_EQ(field_of(typed("boolean"), "1"), "FAULT field v is neither true nor false");
  EXPECT_EQ(field_of(typed("string"), "21.50"), "\"21.50\"");
  EXPECT_EQ(field_of(typed("string"), "true"), "\"true\"");
}

TEST(InfluxPoint, ANullIsLeftOutAndAPointNeedsAField) {
  EXPECT_EQ(line_of("measurement: m\nfields: { a: '${data.a?}', b: '${data.b}', c: 1 }", R"({"b":null})"),
            "m c=1 1767225600123\n");
  EXPECT_EQ(line_of("measurement: m\nfields: { a: '${data.a?}' }", "{}"),
            "FAULT the event has no field, and a point needs one");
}

TEST(InfluxPoint, AnObjectGivesItsMembersAsFields) {
  EXPECT_EQ(line_of("measurement: m\nfields_from: '${data}'\nfields: { n: { value: '${data.n}', type: integer } }",
                    R"({"n":3,"v":21.5,"ok":true,"s":"x","a b":1,"none":null,"o":{"p":1},"l":[1]})"),
            "m n=3i,v=21.5,ok=true,s=\"x\",a\\ b=1 1767225600123\n");
  EXPECT_EQ(line_of("measurement: m\nfields_from: '${data.o}'", R"({"o":{"p":1}})"), "m p=1 1767225600123\n");
  EXPECT_EQ(line_of("measurement: m\nfields_from: '${data}'", "21"), "FAULT fields_from is no JSON object");
  EXPECT_EQ(line_of("measurement: m\nfields_from: '${data}'", "{}"),
            "FAULT the event has no field, and a point needs one");
  EXPECT_EQ(line_of("measurement: m\nfields_from: '${data}'", R"({"":1})"), "FAULT the name of a field is empty");
}

TEST(InfluxPoint, TheTimeIsInTheUnitsOfThePrecision) {
  const auto with = [](const char* precision) {
    return line_of(std::string("measurement: m\nfields: { v: 1 }\nprecision: ") + precision, "{}");
  };
  EXPECT_EQ(with("s"), "m v=1 1767225600\n");
  EXPECT_EQ(with("us"), "m v=1 1767225600123000\n");
  EXPECT_EQ(with("ns"), "m v=1 1767225600123000000\n");
  const std::string own = "measurement: m\nfields: { v: 1 }\nprecision: ns\ntimestamp: '${data.ts}'";
  EXPECT_EQ(line_of(own, R"({"ts":1767225600123456789})"), "m v=1 1767225600123456789\n");
  EXPECT_EQ(line_of(own, R"({"ts":1.5})"), "FAULT timestamp is no whole number");
  EXPECT_EQ(line_of(own, R"({"ts":""})"), "FAULT timestamp is no whole number");
}

TEST(InfluxOptions, MistakesAreNamed) {
  const auto mistake = [](const std::string& yaml) { return stores::mistake(sink_table(), yaml); };
  EXPECT_THAT(mistake("{}"), HasSubstr("missing option \"measurement\""));
  EXPECT_THAT(mistake("measurement: m\nfields: { v: 1 }"), HasSubstr("write `database` for InfluxDB 1, or `bucket`"));
  EXPECT_THAT(mistake("measurement: m\ndatabase: d\nbucket: b\nfields: { v: 1 }"), HasSubstr("write `database`"));
  EXPECT_THAT(mistake("measurement: m\ndatabase: d"), HasSubstr("a point needs `fields` or `fields_from`"));
  EXPECT_THAT(mistake("measurement: m\ndatabase: d\norg: o\nfields: { v: 1 }"),
              HasSubstr("org: belongs to a `bucket`"));
  EXPECT_THAT(mistake("measurement: m\ndatabase: d\nfields: { time: 1 }"), HasSubstr("keeps for itself"));
  EXPECT_THAT(mistake("measurement: m\ndatabase: d\ntags: { time: x }\nfields: { v: 1 }"),
              HasSubstr("keeps for itself"));
  EXPECT_THAT(mistake("measurement: m\ndatabase: d\nfields: { v: { type: integer } }"),
              HasSubstr("the field has no value"));
  EXPECT_THAT(mistake("measurement: m\ndatabase: d\nfields: { v: { value: 1, type: int } }"),
              HasSubstr("a type is auto"));
  EXPECT_THAT(mistake("measurement: m\ndatabase: d\nfields: { 'v\\': 1 }"),
              HasSubstr("the name ends with a backslash"));
}

TEST(InfluxOptions, TheAddressNamesWhereThePointsGo) {
  const auto url = [](const std::string& yaml) {
    const auto options =
        sink_table().parse_text("{ url: 'http://h:8086/', measurement: m, fields: { v: 1 }, " + yaml + " }");
    return options ? write_url(*options) : options.error().message;
  };
  EXPECT_EQ(url("database: a&b"), "http://h:8086/write?db=a%26b&precision=ms");
  EXPECT_EQ(url("database: d, retention_policy: week, precision: ns"), "http://h:8086/write?db=d&rp=week&precision=n");
  EXPECT_EQ(url("bucket: b, org: acme, precision: us"), "http://h:8086/api/v2/write?org=acme&bucket=b&precision=us");
}

TEST(InfluxOptions, CapturesMustBeTheRoutes) {
  const auto options =
      parse_text(*influxdb_sink_options(),
                 "{ url: http://h, database: d, measurement: m, tags: { s: '${captures.site}' }, fields: { v: 1 } }");
  ASSERT_TRUE(options);
  EXPECT_TRUE(check_influxdb_sink_route(*options, *TopicFilter::parse("{site}")));
  EXPECT_FALSE(check_influxdb_sink_route(*options, *TopicFilter::parse("+")));
}

}  // namespace
}  // namespace tidegate::influxdb
