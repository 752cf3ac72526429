#include "connectors/mqtt/codec.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "connectors/mqtt/wire.h"

namespace tidegate::mqtt {
namespace {

/// Hexadecimal, spaces ignored, to bytes.
std::string bytes(std::string_view hex) {
  std::string out;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return out;
}

/// Decodes `wire` as one whole packet and expects no fault.
Packet decode_whole(const std::string& wire, Version version) {
  Frame frame;
  EXPECT_EQ(next_frame(wire, frame), Framing::complete);
  EXPECT_EQ(frame.size, wire.size());
  Packet packet;
  const auto fault = decode(frame, version, packet);
  EXPECT_FALSE(fault) << fault->what;
  return packet;
}

TEST(Codec, PublishRoundTripsInBothVersions) {
  const std::string payload(200, 'x');
  PropertyWriter writer;
  writer.number(PropertyId::topic_alias, 7).text(PropertyId::content_type, "application/json").user("a", "b");
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    Publish sent{true, 2, true, "site/ä/temperature", 65535, {}, payload};
    if (version == Version::v5) sent.properties = writer.view();
    std::string wire;
    encode(wire, version, sent);
    const Packet packet = decode_whole(wire, version);
    const auto& got = std::get<Publish>(packet);
    EXPECT_EQ(std::tuple(got.dup, got.qos, got.retain, got.topic, got.packet_id, got.payload),
              std::tuple(true, 2, true, sent.topic, 65535, sent.payload));
    EXPECT_EQ(got.properties.encoded(), sent.properties.encoded());
  }
}

TEST(Codec, ConnectRoundTripsWithWillAndCredentials) {
  PropertyWriter connect_properties;
  connect_properties.number(PropertyId::session_expiry_interval, 604800).number(PropertyId::receive_maximum, 1000);
  PropertyWriter will_properties;
  will_properties.number(PropertyId::will_delay_interval, 5);
  Connect sent;
  sent.keep_alive_s = 60;
  sent.properties = connect_properties.view();
  sent.client_id = "plant-7";
  sent.will = Will{1, true, will_properties.view(), "gone", "bye"};
  sent.user = "me";
  sent.password = "secret";
  std::string wire;
  encode(wire, sent);
  const Packet packet = decode_whole(wire, Version::v3_1_1);  // CONNECT brings its own version
  const auto& got = std::get<Connect>(packet);
  EXPECT_EQ(std::tuple(got.version, got.clean_start, got.keep_alive_s, got.client_id, got.user, got.password),
            std::tuple(Version::v5, false, 60, sent.client_id, sent.user, sent.password));
  ASSERT_TRUE(got.will);
  EXPECT_EQ(std::tuple(got.will->qos, got.will->retain, got.will->topic, got.will->payload),
            std::tuple(1, true, sent.will->topic, sent.will->payload));
  EXPECT_EQ(got.properties.number(PropertyId::receive_maximum, 0), 1000u);
  EXPECT_EQ(got.will->properties.number(PropertyId::will_delay_interval, 0), 5u);
}

TEST(Codec, EveryAckRoundTripsWithReasonAndProperties) {
  PropertyWriter why;
  why.text(PropertyId::reason_string, "no room");
  using enum PacketType;
  for (const auto& [type, reason] : {std::pair{puback, Reason::quota_exceeded},
                                     {pubrec, Reason::quota_exceeded},
                                     {pubrel, Reason::packet_identifier_not_found},
                                     {pubcomp, Reason::packet_identifier_not_found}}) {
    for (const bool plain : {true, false}) {
      std::string wire;
      encode(wire, Version::v5, plain ? Ack{type, 9, Reason::success, {}} : Ack{type, 9, reason, why.view()});
      EXPECT_EQ(wire.size() == 4, plain);
      const Packet packet = decode_whole(wire, Version::v5);
      const auto& got = std::get<Ack>(packet);
      EXPECT_EQ(std::tuple(got.type, got.packet_id, got.reason), std::tuple(type, 9, plain ? Reason::success : reason));
      EXPECT_EQ(got.properties.text(PropertyId::reason_string), plain ? "" : "no room");
    }
    std::string old;
    encode(old, Version::v3_1_1, Ack{type, 9, reason, {}});
    EXPECT_EQ(old.size(), 4u);
    EXPECT_EQ(std::get<Ack>(decode_whole(old, Version::v3_1_1)).packet_id, 9);
  }
}

TEST(Codec, SubscriptionsRoundTrip) {
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    const bool v5 = version == Version::v5;
    std::string wire;
    encode(wire, version, Subscribe{3, {}, {{"a/+/#", 1, false, v5, std::uint8_t(v5 ? 2 : 0)}, {"$share/g/b", 2}}});
    Packet packet = decode_whole(wire, version);
    const auto& subscribe = std::get<Subscribe>(packet);
    ASSERT_EQ(subscribe.filters.size(), 2u);
    EXPECT_EQ(subscribe.filters[0].filter, "a/+/#");
    EXPECT_EQ(subscribe.filters[0].retain_as_published, v5);
    EXPECT_EQ(subscribe.filters[0].retain_handling, v5 ? 2 : 0);
    EXPECT_EQ(subscribe.filters[1].qos, 2);

    wire.clear();
    encode(wire, version, SubscriptionAck{PacketType::suback, 3, {}, std::string_view("\x01\x80", 2)});
    packet = decode_whole(wire, version);
    EXPECT_EQ(std::get<SubscriptionAck>(packet).reasons, std::string_view("\x01\x80", 2));

    wire.clear();
    encode(wire, version, Unsubscribe{4, {}, {"a", "b/#"}});
    packet = decode_whole(wire, version);
    EXPECT_EQ(std::get<Unsubscribe>(packet).filters, (std::vector<std::string_view>{"a", "b/#"}));

    wire.clear();
    encode(wire, version, SubscriptionAck{PacketType::unsuback, 4, {}, std::string_view("\x00\x11", 2)});
    packet = decode_whole(wire, version);
    EXPECT_EQ(std::get<SubscriptionAck>(packet).reasons.size(), v5 ? 2u : 0u);
  }
}

TEST(Codec, ConnackDisconnectAuthAndPingsRoundTrip) {
  PropertyWriter method;
  method.text(PropertyId::authentication_method, "x");
  std::string wire;
  encode(wire, Version::v5, Connack{true, Reason::success, {}});
  EXPECT_TRUE(std::get<Connack>(decode_whole(wire, Version::v5)).session_present);
  wire.clear();
  encode(wire, Version::v5, Connack{false, Reason::not_authorized, {}});
  EXPECT_EQ(std::get<Connack>(decode_whole(wire, Version::v5)).reason, Reason::not_authorized);
  wire.clear();
  encode(wire, Version::v3_1_1, Connack{false, Reason::not_authorized, {}});
  EXPECT_EQ(std::get<Connack>(decode_whole(wire, Version::v3_1_1)).reason, Reason::not_authorized);
  wire.clear();
  encode(wire, Version::v5, Disconnect{Reason::session_taken_over, {}});
  EXPECT_EQ(std::get<Disconnect>(decode_whole(wire, Version::v5)).reason, Reason::session_taken_over);
  wire.clear();
  encode(wire, Auth{Reason::continue_authentication, method.view()});
  EXPECT_EQ(std::get<Auth>(decode_whole(wire, Version::v5)).reason, Reason::continue_authentication);
  wire.clear();
  encode(wire, Auth{});
  EXPECT_EQ(std::get<Auth>(decode_whole(wire, Version::v5)).reason, Reason::success);
  wire.clear();
  encode(wire, Pingreq{});
  EXPECT_TRUE(std::holds_alternative<Pingreq>(decode_whole(wire, Version::v5)));
  wire.clear();
  encode(wire, Pingresp{});
  EXPECT_TRUE(std::holds_alternative<Pingresp>(decode_whole(wire, Version::v5)));
}

TEST(Codec, AnMqtt5ClientUnderstandsARefusalInTheFormOf3_1_1) {
  const Packet packet = decode_whole(bytes("20 02 00 01"), Version::v5);
  EXPECT_EQ(std::get<Connack>(packet).reason, Reason::unsupported_protocol_version);
}

TEST(Codec, APacketIsIncompleteUntilItsLastByte) {
  std::string wire;
  encode(wire, Version::v5, Publish{false, 1, false, "a/b", 1, {}, std::string(300, 'p')});
  Frame frame;
  for (std::size_t n = 0; n < wire.size(); ++n)
    ASSERT_EQ(next_frame(std::string_view(wire).substr(0, n), frame), Framing::incomplete) << n;
  EXPECT_EQ(next_frame(wire + "next", frame), Framing::complete);
  EXPECT_EQ(frame.size, wire.size());
}

TEST(Codec, Utf8IsCheckedAsSection1_5_4Says) {
  for (const auto* good :
       {"", "a", "twelve bytes", "caf\xC3\xA9 caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x8C\x8A", "\xEF\xBB\xBF"})
    EXPECT_TRUE(valid_utf8(good)) << good;
  for (const std::string_view bad :
       {std::string_view("a\0b", 3), std::string_view("12345678\0", 9), std::string_view("\x80"),
        std::string_view("\xC0\x80"), std::string_view("\xED\xA0\x80"), std::string_view("\xF4\x90\x80\x80"),
        std::string_view("\xE2\x82"), std::string_view("\xF8\x88\x80\x80\x80"), std::string_view("\xE0\x80\xAF")})
    EXPECT_FALSE(valid_utf8(bad)) << bad;
}

TEST(Codec, TopicFiltersAreCheckedAsSection4_7Says) {
  for (const auto* good : {"#", "+", "a/#", "+/b/+", "/", "/+", "$SYS/#", "$share/g/a/#", "a b"})
    EXPECT_TRUE(valid_topic_filter(good)) << good;
  for (const auto* bad : {"", "a#", "#/a", "a+/b", "a/+b", "##", "$share/g", "$share//a", "$share/g/", "$share/+/a"})
    EXPECT_FALSE(valid_topic_filter(bad)) << bad;
  EXPECT_FALSE(valid_topic_name("a/+"));
  EXPECT_FALSE(valid_topic_name(""));
}

struct BadPacket {
  const char* name;
  const char* hex;
  Reason reason;
  Version version = Version::v5;
};
void PrintTo(const BadPacket& p, std::ostream* out) { *out << p.name << ": " << p.hex; }

class Malformed : public ::testing::TestWithParam<BadPacket> {};

TEST_P(Malformed, IsRefusedWithItsReason) {
  const std::string wire = bytes(GetParam().hex);
  Frame frame;
  const Framing framing = next_frame(wire, frame);
  if (framing == Framing::malformed) {
    EXPECT_EQ(GetParam().reason, Reason::malformed_packet);
    return;
  }
  ASSERT_EQ(framing, Framing::complete);
  ASSERT_EQ(frame.size, wire.size()) << "the table's length byte is wrong";
  Packet packet;
  const auto fault = decode(frame, GetParam().version, packet);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->reason, GetParam().reason) << fault->what;
}

constexpr auto kMalformed = Reason::malformed_packet;
constexpr auto kProtocol = Reason::protocol_error;

INSTANTIATE_TEST_SUITE_P(
    FixedHeader, Malformed,
    ::testing::Values(BadPacket{"packet type 0", "00 00", kMalformed},
                      BadPacket{"[MQTT-2.1.3-1] PUBACK flags", "41 02 00 01", kMalformed},
                      BadPacket{"[MQTT-3.6.1-1] PUBREL flags", "60 02 00 01", kMalformed},
                      BadPacket{"[MQTT-3.8.1-1] SUBSCRIBE flags", "80 06 00 01 00 00 01 61", kMalformed},
                      BadPacket{"remaining length of five bytes", "30 80 80 80 80 01", kMalformed},
                      BadPacket{"[MQTT-1.5.5-1] length not in the fewest bytes", "C0 80 00", kMalformed},
                      BadPacket{"PINGREQ with a body", "C0 01 00", kMalformed},
                      BadPacket{"AUTH in 3.1.1", "F0 00", kMalformed, Version::v3_1_1}));

INSTANTIATE_TEST_SUITE_P(
    PublishPacket, Malformed,
    ::testing::Values(BadPacket{"[MQTT-3.3.1-4] QoS 3", "36 06 00 01 61 00 01 00", kMalformed},
                      BadPacket{"[MQTT-3.3.1-2] DUP at QoS 0", "38 04 00 01 61 00", kMalformed},
                      BadPacket{"[MQTT-2.2.1-3] packet id 0", "32 06 00 01 61 00 00 00", kProtocol},
                      BadPacket{"[MQTT-3.3.2-2] wildcard", "30 04 00 01 23 00", Reason::topic_name_invalid},
                      BadPacket{"[MQTT-1.5.4-2] null in topic", "30 04 00 01 00 00", kMalformed},
                      BadPacket{"[MQTT-1.5.4-1] surrogate in topic", "30 06 00 03 ED A0 80 00", kMalformed},
                      BadPacket{"topic longer than the packet", "30 04 00 09 61 00", kMalformed},
                      BadPacket{"no topic and no alias", "30 03 00 00 00", kProtocol},
                      BadPacket{"no topic in 3.1.1", "30 02 00 00", kProtocol, Version::v3_1_1},
                      BadPacket{"[MQTT-3.3.2-8] topic alias 0", "30 07 00 01 61 03 23 00 00",
                                Reason::topic_alias_invalid},
                      BadPacket{"property length missing", "30 03 00 01 61", kMalformed},
                      BadPacket{"properties longer than the packet", "30 05 00 01 61 05 01", kMalformed},
                      BadPacket{"unknown property", "30 06 00 01 61 02 7E 00", kMalformed},
                      BadPacket{"property of CONNECT", "30 07 00 01 61 03 21 00 05", kMalformed},
                      BadPacket{"property twice", "30 08 00 01 61 04 01 00 01 00", kProtocol},
                      BadPacket{"payload format 2", "30 06 00 01 61 02 01 02", kProtocol},
                      BadPacket{"subscription identifier 0", "30 06 00 01 61 02 0B 00", kProtocol},
                      BadPacket{"property cut short", "30 07 00 01 61 03 02 00 00", kMalformed},
                      BadPacket{"content type not UTF-8", "30 08 00 01 61 04 03 00 01 80", kMalformed}));

INSTANTIATE_TEST_SUITE_P(
    OtherPackets, Malformed,
    ::testing::Values(
        BadPacket{"PUBACK cut short", "40 01 00", kMalformed}, BadPacket{"PUBACK id 0", "40 02 00 00", kProtocol},
        BadPacket{"PUBACK reason of SUBACK", "40 03 00 01 A2", kProtocol},
        BadPacket{"PUBACK longer in 3.1.1", "40 03 00 01 00", kMalformed, Version::v3_1_1},
        BadPacket{"CONNACK flags", "20 03 02 00 00", kMalformed},
        BadPacket{"[MQTT-3.2.2-6] session present with a refusal", "20 03 01 87 00", kProtocol},
        BadPacket{"CONNACK receive maximum 0", "20 06 00 00 03 21 00 00", kProtocol},
        BadPacket{"CONNACK code 6 in 3.1.1", "20 02 00 06", kProtocol, Version::v3_1_1},
        BadPacket{"SUBACK without reasons", "90 03 00 01 00", kMalformed},
        BadPacket{"SUBACK code 3", "90 03 00 01 03", kProtocol, Version::v3_1_1},
        BadPacket{"[MQTT-3.8.3-2] SUBSCRIBE without filter", "82 03 00 01 00", kProtocol},
        BadPacket{"SUBSCRIBE QoS 3", "82 07 00 01 00 00 01 61 03", kMalformed},
        BadPacket{"SUBSCRIBE reserved option", "82 07 00 01 00 00 01 61 40", kMalformed},
        BadPacket{"SUBSCRIBE retain handling 3", "82 07 00 01 00 00 01 61 30", kProtocol},
        BadPacket{"SUBSCRIBE a#", "82 08 00 01 00 00 02 61 23 00", Reason::topic_filter_invalid},
        BadPacket{"[MQTT-3.8.3-4] no local, shared", "82 10 00 01 00 00 0A 24 73 68 61 72 65 2F 67 2F 61 05",
                  kProtocol},
        BadPacket{"[MQTT-3.10.3-2] UNSUBSCRIBE without filter", "A2 03 00 01 00", kProtocol},
        BadPacket{"DISCONNECT reason of PUBACK", "E0 01 10", kProtocol},
        BadPacket{"DISCONNECT trailing bytes", "E0 03 00 00 00", kMalformed},
        BadPacket{"AUTH without method", "F0 02 18 00", kProtocol},
        BadPacket{"CONNECT of MQTT 3.1", "10 0E 00 06 4D 51 49 73 64 70 03 02 00 3C 00 00",
                  Reason::unsupported_protocol_version},
        BadPacket{"[MQTT-3.1.2-3] reserved connect flag", "10 0D 00 04 4D 51 54 54 05 01 00 3C 00 00 00", kMalformed},
        BadPacket{"CONNECT will QoS without will", "10 0D 00 04 4D 51 54 54 05 08 00 3C 00 00 00", kMalformed},
        BadPacket{"CONNECT trailing bytes", "10 0E 00 04 4D 51 54 54 05 02 00 3C 00 00 00 00", kMalformed}));

}  // namespace
}  // namespace tidegate::mqtt
