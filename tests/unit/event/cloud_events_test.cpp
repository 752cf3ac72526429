#include "gateway/event/cloud_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/files/shared_data.h"

namespace tidegate {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::Pair;

Event sample() {
  Event event;
  event.id = "0199b4e0-0000-7000-8000-000000000001";
  event.source = "/plant-7/plant-floor";
  event.type = "tidegate.mqtt.message";
  event.subject = "sensors/site01/dev0001/temperature";
  event.time = WallTime{milliseconds{1'760'000'000'123}};
  event.data = R"({"value":21.50,"big":12345678901234567890123,  "unit":"C"})";
  event.attributes = {{"qos", "1"}};
  return event;
}

std::string encoded(const Event& event) {
  std::string out;
  append_cloud_event(event, out);
  return out;
}

json decoded(const Event& event) { return json::parse(encoded(event)); }

/// The members that the specification gives, and those of which it wants that they are not empty
/// (CloudEvents 1.0.2, JSON format, section 2.2 and its schema).
void expect_valid(const json& event) {
  for (const char* name : {"id", "source", "specversion", "type"}) EXPECT_TRUE(event.contains(name)) << name;
  for (const char* name :
       {"id", "source", "specversion", "type", "datacontenttype", "dataschema", "subject", "time", "data_base64"}) {
    if (!event.contains(name)) continue;
    EXPECT_TRUE(event[name].is_string()) << name;
    if (name != std::string_view("data_base64")) {
      EXPECT_NE(event[name], "") << name;
    }
  }
}

TEST(CloudEvents, CarryEveryAttributeAndTheJsonPayloadByteForByte) {
  const Event event = sample();
  EXPECT_EQ(encoded(event),
            R"({"specversion":"1.0","id":"0199b4e0-0000-7000-8000-000000000001","source":"/plant-7/plant-floor",)"
            R"("type":"tidegate.mqtt.message","subject":"sensors/site01/dev0001/temperature",)"
            R"("time":"2025-10-09T08:53:20.123Z","qos":"1","data":)" +
                event.data + "}");
  expect_valid(decoded(event));
}

TEST(CloudEvents, PayloadFormFollowsItsTypeAndContent) {
  struct Case {
    const char* type;
    const char* data;
    const char* member;
    const char* value;
  };
  const Case cases[] = {
      {"", "[1, 2]", "data", "[1,2]"},
      {"application/json", "\"x\"", "data", "\"x\""},
      {"Application/VND.x+JSON; charset=utf-8", "1", "data", "1"},
      {"text/json", "true", "data", "true"},
      {"text/plain; charset=utf-8", "21.5 \"C\"\n", "data", R"("21.5 \"C\"\n")"},
      {"text/plain", "\xff", "data_base64", "\"/w==\""},
      {"application/json", "{broken", "data_base64", "\"e2Jyb2tlbg==\""},
      {"", "21.5C", "data_base64", "\"MjEuNUM=\""},
      {"application/octet-stream", "{}", "data_base64", "\"e30=\""},
  };
  for (const Case& c : cases) {
    Event event = sample();
    event.datacontenttype = c.type;
    event.data = c.data;
    const json out = decoded(event);
    EXPECT_EQ(out.value(c.member, json()).dump(), c.value) << c.type << " " << c.data;
    EXPECT_NE(out.contains("data"), out.contains("data_base64"));
    expect_valid(out);
  }
}

TEST(CloudEvents, BinaryPayloadWithoutTypeIsNotMistakenForJson) {
  Event event = sample();
  event.data = std::string("\0\1", 2);
  EXPECT_EQ(decoded(event)["datacontenttype"], "application/octet-stream");
}

TEST(CloudEvents, EmptyPayloadAndSubjectAreLeftOut) {
  Event event = sample();
  event.data.clear();
  event.subject.clear();
  const json out = decoded(event);
  EXPECT_FALSE(out.contains("data") || out.contains("data_base64") || out.contains("subject"));
  expect_valid(out);
}

TEST(CloudEvents, HostileStringsStayInsideTheirMember) {
  Event event = sample();
  event.subject = "a\",\"id\":\"evil\n\xff";
  event.attributes = {{"note", "\"}{\\"}};
  const json out = decoded(event);
  EXPECT_EQ(out["id"], event.id);
  EXPECT_EQ(out["subject"], "a\",\"id\":\"evil\n\xEF\xBF\xBD");
  EXPECT_EQ(out["note"], "\"}{\\");
}

TEST(CloudEvents, ExtensionNamesAreLegalUniqueAndDeterministic) {
  Event event = sample();
  event.attributes = {{"Device-Id", "1"},
                      {"deviceid", "2"},
                      {"device_id", "3"},
                      {"type", "4"},
                      {"", "5"},
                      {"\xC3\xA9", "6"},
                      {"qos", "7"},
                      {"qos", "8"},
                      {"dataschema", "x"},
                      {"data", "9"},
                      {"aVeryLongNameOfAnAttribute", "10"},
                      {"averylongnameofanattX", "11"}};
  EXPECT_THAT(extension_names(event),
              ElementsAre("deviceid2", "deviceid", "deviceid3", "xtype", "attribute", "attribute2", "qos", "qos2",
                          "xdataschema", "xdata", "averylongnameofanatt", "averylongnameofanat2"));
  event.attributes = {{"dataschema", "https://example.com/schema"}};
  EXPECT_THAT(extension_names(event), ElementsAre("dataschema"));
}

/// The encodings of the HTTP binding's own example: "Euro € 😀" and percent itself.
TEST(CloudEvents, BinaryHeadersArePercentEncoded) {
  Event event = sample();
  event.subject = "Euro \xE2\x82\xAC \xF0\x9F\x98\x80 100% \"x\"\r\nInjected: 1";
  event.attributes = {{"Site Name", "K\xC3\xB6ln"}};
  EXPECT_THAT(cloud_event_headers(event),
              ElementsAre(Pair("Content-Type", "application/json"), Pair("ce-specversion", "1.0"),
                          Pair("ce-id", event.id), Pair("ce-source", event.source), Pair("ce-type", event.type),
                          Pair("ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80%20100%25%20%22x%22%0D%0AInjected:%201"),
                          Pair("ce-time", "2025-10-09T08:53:20.123Z"), Pair("ce-sitename", "K%C3%B6ln")));
}

TEST(CloudEvents, ContentTypeThatCannotStandInAHeaderIsReplaced) {
  Event event = sample();
  event.datacontenttype = "text/plain\r\nX-Injected: 1";
  EXPECT_EQ(payload_content_type(event), "application/octet-stream");
  event.datacontenttype = "text/plain; charset=utf-8";
  EXPECT_EQ(payload_content_type(event), "text/plain; charset=utf-8");
}

TEST(CloudEvents, PayloadAloneIsAlwaysOneJsonValue) {
  Event event = sample();
  for (const auto& [data, expected] : {std::pair<std::string, std::string>{"{\"a\":1}", "{\"a\":1}"},
                                       {"raw", R"({"data_base64":"cmF3"})"},
                                       {"", "null"}}) {
    event.data = data;
    std::string out;
    append_payload_as_json(event, out);
    EXPECT_EQ(out, expected);
  }
}

/// The rules of expect_valid, read from the schema itself.
TEST(CloudEvents, AreWhatTheSpecificationsSchemaDemands) {
  std::ifstream file(test::shared_data(TIDEGATE_SOURCE_DIR) / "cloudevents/cloudevents.schema.json");
  if (!file) GTEST_SKIP() << "no schema beside the source tree";
  const json schema = json::parse(file);
  Event binary = sample();
  binary.data = "\xff";
  Event bare = sample();
  bare.data.clear();
  bare.subject.clear();
  for (const json& event : {decoded(sample()), decoded(binary), decoded(bare)}) {
    for (const auto& name : schema["required"]) EXPECT_TRUE(event.contains(name.get<std::string>())) << name;
    for (const auto& [name, property] : schema["properties"].items()) {
      if (!event.contains(name) || name == "data") continue;
      EXPECT_TRUE(event[name].is_string()) << name;
      const std::string definition = property["$ref"].get<std::string>().substr(14);
      if (schema["definitions"][definition].contains("minLength")) {
        EXPECT_NE(event[name], "") << name;
      }
    }
  }
}

}  // namespace
}  // namespace tidegate
