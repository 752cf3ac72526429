#include "gateway/event/read_cloud_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/event/cloud_events.h"
#include "gateway/event/rfc3339.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::string_view kRequired = R"("specversion":"1.0","id":"1","source":"/s","type":"t")";

std::string with(std::string_view more) { return "{" + std::string(kRequired) + "," + std::string(more) + "}"; }

Event read(std::string_view text) {
  Event event;
  const auto end = read_cloud_event(text, event);
  EXPECT_TRUE(end) << end.error().message;
  if (end) {
    EXPECT_EQ(*end, text.size());
  }
  return event;
}

std::string fault(std::string_view text) {
  Event event;
  const auto end = read_cloud_event(text, event);
  return end ? "taken" : end.error().message;
}

TEST(ReadCloudEvent, KeepsWhatTheProducerSaid) {
  const Event event = read(with(R"("subject":"a/b","time":"2018-04-05T17:31:00.5Z","comexampleextension1":"value",
      "count":5,"flag":true,"gone":null,"data":{"x": [1,  2]})"));
  EXPECT_EQ(event.id, "1");
  EXPECT_EQ(event.source, "/s");
  EXPECT_EQ(event.type, "t");
  EXPECT_EQ(event.subject, "a/b");
  std::string time;
  append_rfc3339(event.time, time);
  EXPECT_EQ(time, "2018-04-05T17:31:00.500Z");
  EXPECT_EQ(event.data, R"({"x": [1,  2]})");
  EXPECT_THAT(event.attributes,
              ElementsAre(Pair("comexampleextension1", "value"), Pair("count", "5"), Pair("flag", "true")));
}

TEST(ReadCloudEvent, TheMediaTypeDecidesWhatAStringIs) {
  EXPECT_EQ(read(with(R"("data":"a\n")")).data, R"("a\n")");
  EXPECT_EQ(read(with(R"("data":"a\n","datacontenttype":"application/json")")).data, R"("a\n")");
  EXPECT_EQ(read(with(R"("data":"a\n","datacontenttype":"text/plain")")).data, "a\n");
  EXPECT_EQ(read(with(R"("datacontenttype":"text/plain","data":{"a":1})")).data, R"({"a":1})");
  EXPECT_EQ(read(with(R"("data_base64":"AAE=")")).data, std::string("\0\1", 2));
}

TEST(ReadCloudEvent, FaultsSayWhatIsWrong) {
  EXPECT_THAT(fault("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(fault("{"), HasSubstr("no valid JSON"));
  EXPECT_THAT(fault(with(R"("data":{"x":tru})")), HasSubstr("no valid JSON"));
  EXPECT_THAT(fault(R"({"specversion":"1.0","source":"/s","type":"t"})"), HasSubstr("id is missing"));
  EXPECT_THAT(fault(R"({"specversion":"1.0","id":"","source":"/s","type":"t"})"), HasSubstr("id is missing"));
  EXPECT_THAT(fault(R"({"id":"1","source":"/s","type":"t"})"), HasSubstr("specversion"));
  EXPECT_THAT(fault(R"({"specversion":"0.3","id":"1","source":"/s","type":"t"})"), HasSubstr("specversion"));
  EXPECT_THAT(fault(with(R"("id":"2")")), HasSubstr("id is given twice"));
  EXPECT_THAT(fault(with(R"("x":"2","x":"3")")), HasSubstr("x is given twice"));
  EXPECT_THAT(fault(with(R"("time":"yesterday")")), HasSubstr("RFC 3339"));
  EXPECT_THAT(fault(with(R"("x":{})")), HasSubstr("\"x\" is not a string"));
  EXPECT_THAT(fault(with(R"("x":1.5)")), HasSubstr("\"x\" is not a string"));
  EXPECT_THAT(fault(with(R"("Big":"1")")), HasSubstr("no name of an attribute"));
  EXPECT_THAT(fault(with(R"("data":1,"data_base64":"AA==")")), HasSubstr("both data and data_base64"));
  EXPECT_THAT(fault(with(R"("data_base64":"AA")")), HasSubstr("base64"));
  std::string many;
  for (int i = 0; i < 65; ++i) many += (i == 0 ? "\"x" : ",\"x") + std::to_string(i) + "\":1";
  EXPECT_THAT(fault(with(many)), HasSubstr("more than 64"));
}

TEST(ReadCloudEvent, ReadsBackWhatTheGatewayWrites) {
  Event event{"id-1", "/gw/floor", "tidegate.mqtt.message", "a/\xC3\xA9", WallTime{milliseconds{1'700'000'000'123}}, {},
              {},     {}};
  event.attributes = {{"qos", "1"}, {"site", "north \"7\"\n"}};
  const std::pair<const char*, std::string> payloads[] = {{"", R"({"t":20.5})"},
                                                          {"application/json", "\"s\""},
                                                          {"text/plain", "caf\xC3\xA9\n"},
                                                          {"image/png", std::string("\xFF\0\1", 3)}};
  for (const auto& [media_type, data] : payloads) {
    event.datacontenttype = media_type;
    event.data = data;
    std::string text;
    append_cloud_event(event, text);
    EXPECT_EQ(read(text), event) << text;

    Event from_headers;
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& [name, value] : cloud_event_headers(event))
      if (name.starts_with("ce-")) headers.emplace_back(name.substr(3), value);
    ASSERT_TRUE(read_cloud_event_headers(headers, from_headers));
    from_headers.data = event.data;
    from_headers.datacontenttype = event.datacontenttype;
    EXPECT_EQ(from_headers, event);
  }
}

TEST(ReadCloudEvent, HeaderValuesMayBeQuotedAndPercentEncoded) {
  Event event;
  ASSERT_TRUE(read_cloud_event_headers({{"specversion", "1.0"},
                                        {"id", "\"a \\\"b\\\"\""},
                                        {"source", "Euro%20%E2%82%AC%zz%"},
                                        {"type", "t"},
                                        {"datacontenttype", "ignored"}},
                                       event));
  EXPECT_EQ(event.id, "a \"b\"");
  EXPECT_EQ(event.source, "Euro \xE2\x82\xAC%zz%");
  EXPECT_EQ(event.datacontenttype, "");
  EXPECT_FALSE(
      read_cloud_event_headers({{"specversion", "1.0"}, {"id", "%FF"}, {"source", "s"}, {"type", "t"}}, event));
}

TEST(MediaType, JsonIsRecognised) {
  for (const char* json : {"application/json", "APPLICATION/JSON; charset=utf-8", "text/json", "application/ld+json"})
    EXPECT_TRUE(is_json_media_type(json)) << json;
  for (const char* other : {"", "json", "text/plain", "application/json5", "application/x-ndjson"})
    EXPECT_FALSE(is_json_media_type(other)) << other;
  EXPECT_EQ(media_type_essence("Text/Plain ; charset=x"), "text/plain");
}

}  // namespace
}  // namespace tidegate
