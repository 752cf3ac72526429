#include "connectors/mqtt/outgoing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::mqtt {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

OutEvent reading() {
  OutEvent out;
  out.event.id = "id-1";
  out.event.source = "/gw/floor";
  out.event.type = "tidegate.mqtt.message";
  out.event.subject = "sensors/a";
  out.event.time = WallTime{milliseconds{1'700'000'000'123}};
  out.event.datacontenttype = "application/json";
  out.event.data = "{\"t\":21}";
  out.event.attributes = {{"qos", "1"}, {"retained", "true"}, {"payloadformat", "utf8"}, {"Line-No", "4"}};
  return out;
}

class Written {
 public:
  Written(const std::string& yaml, const OutEvent& event, Version version = Version::v5)
      : options_(*sink_table().parse_text("broker: mqtt://b\n" + yaml)), event_(event) {
    status = MessageWriter(options_, "gw-2").write(event_, version, message);
  }
  Outgoing message;
  Status status;

 private:
  SinkOptions options_;
  OutEvent event_;
};

TEST(Outgoing, IsThePayloadWithItsAttributesAndWithoutThoseOfTheWayIn) {
  const Written written("expiry: 1h\nuser_properties: { plant: seven }", reading());
  ASSERT_TRUE(written.status);
  EXPECT_EQ(written.message.topic, "sensors/a");
  EXPECT_EQ(written.message.payload, "{\"t\":21}");
  EXPECT_EQ(written.message.content_type, "application/json");
  EXPECT_TRUE(written.message.utf8);
  EXPECT_EQ(written.message.expiry_s, 3600u);
  EXPECT_THAT(written.message.user_properties,
              ElementsAre(Pair("Line-No", "4"), Pair("plant", "seven"), Pair("tidegatehops", "gw-2")));
}

TEST(Outgoing, LeavesAttributesOutWhenTold) {
  const Written written("attributes: false", reading());
  EXPECT_THAT(written.message.user_properties, ElementsAre(Pair("tidegatehops", "gw-2")));
}

TEST(Outgoing, CarriesTheGatewaysPassedSoFarAndThisOne) {
  OutEvent event = reading();
  event.event.attributes = {{"tidegatehops", "a,b"}};
  for (const char* format : {"payload", "cloudevents", "cloudevents_binary"}) {
    const Written written(std::string("format: ") + format, event);
    std::vector<std::string> hops;
    for (const auto& [name, value] : written.message.user_properties)
      if (name == "tidegatehops") hops.push_back(value);
    EXPECT_THAT(hops, ElementsAre("a,b,gw-2")) << format;
  }
}

TEST(Outgoing, HasNoPropertiesInMqtt311) {
  const Written written("", reading(), Version::v3_1_1);
  EXPECT_TRUE(written.message.user_properties.empty());
  EXPECT_TRUE(written.message.content_type.empty());
  EXPECT_FALSE(written.message.utf8);
}

TEST(Outgoing, IsCloudEventsJson) {
  const Written written("format: cloudevents", reading());
  EXPECT_THAT(std::string(written.message.payload), HasSubstr("\"specversion\":\"1.0\""));
  EXPECT_THAT(std::string(written.message.payload), HasSubstr("\"data\":{\"t\":21}"));
  EXPECT_EQ(written.message.content_type, "application/cloudevents+json; charset=utf-8");
}

TEST(Outgoing, IsCloudEventsBinary) {
  const Written written("format: cloudevents_binary", reading());
  EXPECT_EQ(written.message.payload, "{\"t\":21}");
  EXPECT_EQ(written.message.content_type, "application/json");
  const auto& properties = written.message.user_properties;
  EXPECT_THAT(properties, Contains(Pair("specversion", "1.0")));
  EXPECT_THAT(properties, Contains(Pair("id", "id-1")));
  EXPECT_THAT(properties, Contains(Pair("source", "/gw/floor")));
  EXPECT_THAT(properties, Contains(Pair("type", "tidegate.mqtt.message")));
  EXPECT_THAT(properties, Contains(Pair("subject", "sensors/a")));
  EXPECT_THAT(properties, Contains(Pair("time", "2023-11-14T22:13:20.123Z")));
  EXPECT_THAT(properties, Contains(Pair("lineno", "4")));
}

TEST(Outgoing, RefusesWhatMqttCannotCarry) {
  OutEvent event = reading();
  event.event.attributes = {{"name", "caf\xE9"}};
  EXPECT_THAT(Written("", event).status.error().message, HasSubstr("\"name\" is not UTF-8"));
  EXPECT_TRUE(Written("attributes: false", event).status);
  event.event.attributes = {{"\xE9", "x"}};
  EXPECT_FALSE(Written("", event).status);
  event.event.attributes.clear();
  event.event.datacontenttype = "\xE9";
  EXPECT_FALSE(Written("", event).status);
  event = reading();
  event.event.subject.clear();
  EXPECT_THAT(Written("", event).status.error().message, HasSubstr("no topic"));
}

TEST(Outgoing, CountsThePacketAsItIsOnTheWire) {
  for (const std::size_t size : {0u, 100u, 20'000u, 3'000'000u}) {
    OutEvent event = reading();
    event.event.data.assign(size, 'x');
    const Written written("expiry: 1h", event);
    PropertyWriter properties;
    properties.number(PropertyId::payload_format_indicator, 1).number(PropertyId::message_expiry_interval, 3600);
    properties.text(PropertyId::content_type, written.message.content_type);
    for (const auto& [name, value] : written.message.user_properties) properties.user(name, value);
    Publish packet;
    packet.qos = 1;
    packet.packet_id = 1;
    packet.topic = written.message.topic;
    packet.payload = written.message.payload;
    packet.properties = properties.view();
    std::string bytes;
    encode(bytes, Version::v5, packet);
    EXPECT_EQ(written.message.packet_bytes(), bytes.size()) << size;
  }
}

}  // namespace
}  // namespace tidegate::mqtt
