#include <gmock/gmock.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "connectors/mqtt/codec.h"
#include "mqtt_packet.h"

namespace tidegate::test {
namespace {

/// Encodes into exactly the room given, and decodes with the gateway's own decoder.
template <typename Encode>
std::string encoded(std::size_t room, Encode encode) {
  std::vector<std::uint8_t> out(room);
  const std::size_t size = encode(out.data(), room);
  EXPECT_LE(size, room);
  return {reinterpret_cast<const char*>(out.data()), size};
}

mqtt::Packet decoded(const std::string& bytes) {
  mqtt::Frame frame;
  EXPECT_EQ(mqtt::next_frame(bytes, frame), mqtt::Framing::complete);
  EXPECT_EQ(frame.size, bytes.size());
  mqtt::Packet packet;
  const auto fault = mqtt::decode(frame, mqtt::Version::v3_1_1, packet);
  EXPECT_FALSE(fault) << fault->what;
  return packet;
}

std::string connect(const MqttConnect& fields, std::size_t room = 1000) {
  return encoded(room, [&](auto* out, auto size) { return mqtt_encode_connect(out, size, &fields); });
}
std::string publish(std::size_t payload, bool again = false, std::size_t room = 70'000) {
  const std::string text(payload, 'x');
  return encoded(room, [&](auto* out, auto size) {
    return mqtt_encode_publish(out, size, "sensors/a", 0x1234, again, text.data(), text.size());
  });
}

TEST(DevicePacket, ConnectKeepsTheSessionAndCarriesCredentials) {
  const std::string bytes = connect({"pump-7", "ann", "secret", 300});
  const auto packet = std::get<mqtt::Connect>(decoded(bytes));
  EXPECT_EQ(packet.version, mqtt::Version::v3_1_1);
  EXPECT_FALSE(packet.clean_start);
  EXPECT_EQ(packet.keep_alive_s, 300);
  EXPECT_EQ(packet.client_id, "pump-7");
  EXPECT_EQ(packet.user, "ann");
  EXPECT_EQ(packet.password, "secret");
  EXPECT_FALSE(packet.will);
}

TEST(DevicePacket, ConnectWithoutAUserHasNoPasswordEither) {
  const std::string bytes = connect({"pump-7", nullptr, "secret", 30});
  const auto packet = std::get<mqtt::Connect>(decoded(bytes));
  EXPECT_FALSE(packet.user);
  EXPECT_FALSE(packet.password);
}

TEST(DevicePacket, PublishIsQos1AndSaysWhetherItIsSentAgain) {
  for (const bool again : {false, true}) {
    const std::string bytes = publish(5, again);
    const auto packet = std::get<mqtt::Publish>(decoded(bytes));
    EXPECT_EQ(packet.qos, 1);
    EXPECT_EQ(packet.dup, again);
    EXPECT_FALSE(packet.retain);
    EXPECT_EQ(packet.topic, "sensors/a");
    EXPECT_EQ(packet.packet_id, 0x1234);
    EXPECT_EQ(packet.payload, "xxxxx");
  }
}

TEST(DevicePacket, LengthsTakeAsManyBytesAsTheyNeed) {
  const std::size_t around = 13;  // what is not payload: topic and packet id
  for (const std::size_t length : {0u, 127u - 13, 128u - 13, 16383u - 13, 16384u - 13, 65535u}) {
    const std::string bytes = publish(length);
    EXPECT_EQ(bytes.size(), 1 + (length + around < 128 ? 1 : length + around < 16384 ? 2 : 3) + around + length);
    EXPECT_EQ(std::get<mqtt::Publish>(decoded(bytes)).payload.size(), length);
  }
}

TEST(DevicePacket, PingAndGoodbyeAreTwoBytes) {
  EXPECT_TRUE(std::holds_alternative<mqtt::Pingreq>(decoded(encoded(2, mqtt_encode_pingreq))));
  EXPECT_TRUE(std::holds_alternative<mqtt::Disconnect>(decoded(encoded(2, mqtt_encode_disconnect))));
  EXPECT_EQ(encoded(1, mqtt_encode_pingreq), "");
}

TEST(DevicePacket, WhatDoesNotFitIsNotWritten) {
  const std::string whole = publish(100);
  EXPECT_EQ(publish(100, false, whole.size()), whole);
  for (std::size_t room = 0; room < whole.size(); ++room) EXPECT_EQ(publish(100, false, room), "") << room;
  const MqttConnect fields{"pump-7", "ann", "secret", 300};
  for (std::size_t room = 0; room < connect(fields).size(); ++room) EXPECT_EQ(connect(fields, room), "") << room;
  const std::string long_name(65'536, 'x');
  EXPECT_EQ(connect({long_name.c_str(), nullptr, nullptr, 30}, 70'000), "");
}

/// Everything the reader made of the bytes, and the value of the last.
struct Read {
  std::vector<MqttReceived> kinds;
  std::uint16_t value = 0;
};
Read read(std::string_view bytes) {
  Read read;
  MqttReader reader{};
  for (const char byte : bytes) {
    const MqttReceived kind = mqtt_reader_take(&reader, static_cast<std::uint8_t>(byte), &read.value);
    if (kind != kMqttIncomplete) read.kinds.push_back(kind);
    if (kind == kMqttMalformed) break;
  }
  return read;
}

TEST(DevicePacket, ReadsWhatAServerSendsToAPublisher) {
  using namespace std::string_view_literals;
  EXPECT_THAT(read("\x20\x02\x00\x00"sv).kinds, ::testing::ElementsAre(kMqttConnack));
  EXPECT_EQ(read("\x20\x02\x00\x05"sv).value, 5);
  EXPECT_THAT(read("\x20\x02\x01\x00\x40\x02\x12\x34"sv).kinds, ::testing::ElementsAre(kMqttConnack, kMqttPuback));
  EXPECT_EQ(read("\x40\x02\x12\x34"sv).value, 0x1234);
  EXPECT_THAT(read("\xd0\x00\xd0\x00"sv).kinds, ::testing::ElementsAre(kMqttPingresp, kMqttPingresp));
  EXPECT_THAT(read("\x40\x02\x12"sv).kinds, ::testing::IsEmpty());
}

struct Hostile {
  const char* what;
  std::string bytes;
  friend void PrintTo(const Hostile& one, std::ostream* out) { *out << one.what; }
};
class DeviceReader : public ::testing::TestWithParam<Hostile> {};
TEST_P(DeviceReader, RefusesAtOnce) {
  const std::string& bytes = GetParam().bytes;
  EXPECT_THAT(read(bytes).kinds, ::testing::ElementsAre(kMqttMalformed));
  EXPECT_THAT(read(bytes.substr(0, bytes.size() - 1)).kinds, ::testing::IsEmpty()) << "not before the wrong byte";
}
INSTANTIATE_TEST_SUITE_P(Table, DeviceReader,
                         ::testing::Values(Hostile{"a publish", "\x30"}, Hostile{"a type nobody has", "\xff"},
                                           Hostile{"flags where none belong", "\x41"}, Hostile{"HTTP", "H"},
                                           Hostile{"a zero", std::string(1, '\0')},
                                           Hostile{"a CONNACK of 3 bytes", "\x20\x03"},
                                           Hostile{"a CONNACK of 256 MiB", "\x20\xff"},
                                           Hostile{"a PUBACK of MQTT 5", "\x40\x04"},
                                           Hostile{"a PINGRESP with a body", "\xd0\x01"},
                                           Hostile{"packet id 0", std::string("\x40\x02\x00\x00", 4)},
                                           Hostile{"flags in a CONNACK", std::string("\x20\x02\x02\x00", 4)}),
                         [](const auto& test) {
                           std::string name = test.param.what;
                           for (char& c : name)
                             if (c == ' ') c = '_';
                           return name;
                         });

TEST(DeviceReader, AnyBytesStayInsideItsFour) {
  std::mt19937 random(20261124);
  constexpr std::array<std::uint8_t, 8> kLikely{0x20, 0x40, 0xd0, 0x00, 0x02, 0x01, 0x80, 0xff};
  MqttReader reader{};
  for (int n = 0; n < 1'000'000; ++n) {
    const auto byte = static_cast<std::uint8_t>(random() % 4 != 0 ? kLikely[random() % kLikely.size()] : random());
    std::uint16_t value = 0;
    mqtt_reader_take(&reader, byte, &value);
    ASSERT_LT(reader.have, sizeof reader.bytes);
  }
}

}  // namespace
}  // namespace tidegate::test
