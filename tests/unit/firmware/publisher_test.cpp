#include "publisher.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "connectors/mqtt/codec.h"
#include "tests/unit/firmware/fake_port.h"

namespace tidegate::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::string_literals;

std::string connack(int code = 0) { return "\x20\x02\x00"s + static_cast<char>(code); }
std::string puback(std::uint16_t id) {
  std::string bytes;
  mqtt::encode(bytes, mqtt::Version::v3_1_1, mqtt::Ack{mqtt::PacketType::puback, id, {}, {}});
  return bytes;
}
std::string pingresp() { return "\xd0\x00"s; }

/// The publisher between a ring and a server that the test plays.
class DevicePublisher : public ::testing::Test {
 protected:
  DevicePublisher() {
    port() = FakePort{};
    port().now_ms = 0xffffff00;  // time wraps soon
    ring_init(&ring_);
    EXPECT_TRUE(publisher_init(&publisher_, &settings_, &ring_));
  }
  static FakePort& port() { return fake_port(); }

  void take(int from, int to) {
    for (int n = from; n < to; ++n) {
      const std::string text = std::to_string(n);
      ASSERT_TRUE(ring_push(&ring_, text.data(), text.size()));
    }
  }
  void step() { publisher_step(&publisher_); }
  void step_with(const std::string& from_server) {
    port().to_device += from_server;
    step();
  }
  void after(std::uint32_t ms) {
    port().now_ms += ms;
    step();
  }

  /// As a connected device that has sent what it could.
  void connect() {
    port().random = 0;
    after(publisher_.wait_ms);
    step_with(connack());
    ASSERT_EQ(publisher_.state, kOnline);
    ASSERT_THAT(sent(), ::testing::Contains("CONNECT"));
  }
  void lose_connection() {
    port().lost = true;
    step();
    ASSERT_EQ(publisher_.state, kWaiting);
  }

  /// The packets sent since the last call: "CONNECT", "PINGREQ", "DISCONNECT", and of each PUBLISH its payload, with an
  /// "!" for DUP. Their ids go to ids_.
  std::vector<std::string> sent() {
    std::vector<std::string> packets;
    ids_.clear();
    std::string_view rest = port().from_device;
    mqtt::Frame frame;
    while (mqtt::next_frame(rest, frame) == mqtt::Framing::complete && frame.size <= rest.size()) {
      mqtt::Packet packet;
      EXPECT_FALSE(mqtt::decode(frame, mqtt::Version::v3_1_1, packet));
      if (const auto* publish = std::get_if<mqtt::Publish>(&packet)) {
        ids_.push_back(publish->packet_id);
        packets.push_back(std::string(publish->payload) + (publish->dup ? "!" : ""));
      } else {
        packets.emplace_back(std::holds_alternative<mqtt::Connect>(packet)      ? "CONNECT"
                             : std::holds_alternative<mqtt::Pingreq>(packet)    ? "PINGREQ"
                             : std::holds_alternative<mqtt::Disconnect>(packet) ? "DISCONNECT"
                                                                                : "?");
      }
      rest.remove_prefix(frame.size);
    }
    port().from_device = std::string(rest);
    return packets;
  }
  static std::vector<std::string> texts(int from, int to, const std::string& suffix = "") {
    std::vector<std::string> all;
    for (int n = from; n < to; ++n) all.push_back(std::to_string(n) + suffix);
    return all;
  }

  /// Readings the ring still holds because an older one is not acknowledged.
  [[nodiscard]] std::uint32_t acknowledged_in_ring() const {
    std::uint32_t count = 0;
    for (std::uint32_t n = ring_.first; n != ring_.end; ++n) count += ring_.slots[n % kRingReadings].acknowledged;
    return count;
  }

  const PublisherSettings settings_{"gateway", "1883", "sensors/a", {"pump-7", nullptr, nullptr, 30}};
  ReadingRing ring_{};
  Publisher publisher_{};
  std::vector<std::uint16_t> ids_;
};

TEST_F(DevicePublisher, SendsNothingBeforeTheServerHasAcceptedIt) {
  take(0, 1);
  step();
  EXPECT_THAT(sent(), ElementsAre("CONNECT"));
  step_with(connack());
  EXPECT_THAT(sent(), ElementsAre("0"));
}

TEST_F(DevicePublisher, AReadingLeavesTheRingWithItsPuback) {
  connect();
  take(0, 2);
  step();
  EXPECT_THAT(sent(), ElementsAre("0", "1"));
  EXPECT_EQ(ring_held(&ring_), 2u);
  step_with(puback(ids_[0]));
  EXPECT_EQ(ring_held(&ring_), 1u);
  EXPECT_EQ(publisher_.acknowledged, 1u);
  step_with(puback(0x7abc));
  EXPECT_EQ(publisher_.acknowledged, 1u) << "an id nobody waits for";
  EXPECT_EQ(publisher_.state, kOnline);
}

TEST_F(DevicePublisher, NoMoreThanTheWindowIsUnacknowledged) {
  connect();
  take(0, kWindowReadings + 5);
  step();
  EXPECT_EQ(sent(), texts(0, kWindowReadings));
  step_with(puback(1));
  EXPECT_THAT(sent(), ElementsAre(std::to_string(kWindowReadings)));
}

TEST_F(DevicePublisher, AfterALostConnectionWhatIsUnacknowledgedGoesAgainInOrderWithDup) {
  connect();
  take(0, 3);
  step();
  EXPECT_THAT(sent(), ElementsAre("0", "1", "2"));
  const auto ids = ids_;
  step_with(puback(ids[0]));
  lose_connection();
  take(3, 4);
  after(publisher_.wait_ms);
  step_with(connack());
  EXPECT_THAT(sent(), ElementsAre("CONNECT", "1!", "2!", "3"));
  EXPECT_EQ(ids_[0], ids[1]);
  EXPECT_EQ(ids_[1], ids[2]);
  EXPECT_EQ(publisher_.sent_again, 2u);
}

TEST_F(DevicePublisher, WhatTheNetworkTookInPiecesIsOnePacket) {
  port().takes = 0;
  step();
  EXPECT_TRUE(publisher_wants_to_send(&publisher_));
  while (port().from_device.size() < 20) {
    port().takes = 1;
    step();
  }
  port().takes = SIZE_MAX;
  step();
  EXPECT_FALSE(publisher_wants_to_send(&publisher_));
  EXPECT_THAT(sent(), ElementsAre("CONNECT"));
  EXPECT_EQ(port().from_device, "");
}

TEST_F(DevicePublisher, APacketThatWasCutOffIsSentWholeOnTheNextConnection) {
  connect();
  take(0, 1);
  port().takes = 4;
  step();
  port().from_device.clear();
  lose_connection();
  EXPECT_FALSE(publisher_wants_to_send(&publisher_));
  port().takes = SIZE_MAX;
  after(publisher_.wait_ms);
  step_with(connack());
  EXPECT_THAT(sent(), ElementsAre("CONNECT", "0!"));
}

TEST_F(DevicePublisher, BackoffIsAnywhereUpToALimitThatDoublesUpToItsMaximum) {
  port().resolves = false;
  std::uint32_t limit = kBackoffFirstMs;
  port().random = UINT32_MAX;
  for (int attempt = 0; attempt < 300; ++attempt) {
    for (const std::uint32_t share : {0u, limit / 2, limit}) {
      port().random = share;
      Publisher copy = publisher_;
      port().now_ms += copy.wait_ms;
      publisher_step(&copy);
      EXPECT_EQ(copy.wait_ms, share) << attempt;
    }
    port().random = limit + 1;
    Publisher copy = publisher_;
    port().now_ms += copy.wait_ms;
    publisher_step(&copy);
    EXPECT_EQ(copy.wait_ms, 0u) << attempt;
    port().random = limit;
    after(publisher_.wait_ms);
    limit = std::min<std::uint32_t>(2 * limit, kBackoffMaxMs);
  }
  EXPECT_EQ(publisher_.losses, 300u);
}

TEST_F(DevicePublisher, DoesNotTryBeforeTheWaitIsOver) {
  port().connected = -1;
  port().random = 400;
  step();
  EXPECT_EQ(port().opened, 1u);
  EXPECT_EQ(publisher_wait_ms(&publisher_), 400u);
  after(399);
  EXPECT_EQ(port().opened, 1u);
  after(1);
  EXPECT_EQ(port().opened, 2u);
  EXPECT_EQ(port().closed, 2u);
}

TEST_F(DevicePublisher, OnlyAConnectionThatWasOfUseShortensTheBackoff) {
  for (int n = 0; n < 5; ++n) {
    connect();
    lose_connection();
  }
  EXPECT_EQ(publisher_.attempts, 5);
  connect();
  take(0, 1);
  step();
  step_with(puback(1));
  EXPECT_EQ(publisher_.attempts, 0);
  lose_connection();
  connect();
  EXPECT_EQ(publisher_.attempts, 1);
  after(15'000);
  step_with(pingresp());
  EXPECT_EQ(publisher_.attempts, 0) << "no reading, but an answer";
}

TEST_F(DevicePublisher, PingsWhenItHasBeenSilentForHalfTheKeepAlive) {
  connect();
  EXPECT_EQ(publisher_wait_ms(&publisher_), 15'000u);
  after(14'999);
  EXPECT_THAT(sent(), IsEmpty());
  after(1);
  EXPECT_THAT(sent(), ElementsAre("PINGREQ"));
  step_with(pingresp());
  after(14'999);
  EXPECT_THAT(sent(), IsEmpty());
  after(1);
  EXPECT_THAT(sent(), ElementsAre("PINGREQ"));
}

TEST_F(DevicePublisher, AServerThatDoesNotAnswerIsLeft) {
  connect();
  after(15'000);
  EXPECT_EQ(publisher_wait_ms(&publisher_), static_cast<std::uint32_t>(kAnswerTimeoutMs));
  after(kAnswerTimeoutMs - 1);
  EXPECT_EQ(publisher_.state, kOnline);
  take(0, 1);
  step();  // new readings do not make it wait longer
  after(1);
  EXPECT_EQ(publisher_.state, kWaiting);
  EXPECT_STREQ(publisher_.trouble, "no PINGRESP in time");
}

TEST_F(DevicePublisher, AServerThatAnswersPingsButAcknowledgesNothingIsLeft) {
  connect();
  take(0, 1);
  step();
  for (int n = 0; n < kAcknowledgeTimeoutMs / 1000; ++n) {
    EXPECT_EQ(publisher_.state, kOnline);
    after(1000);
    for (const std::string& packet : sent())
      if (packet == "PINGREQ" && publisher_.state == kOnline) step_with(pingresp());
  }
  EXPECT_EQ(publisher_.state, kWaiting);
  EXPECT_STREQ(publisher_.trouble, "no PUBACK in time");
}

TEST_F(DevicePublisher, ALongTimeWithoutReadingsIsNoneWithoutAcknowledgements) {
  connect();
  for (int n = 0; n < 2 * kAcknowledgeTimeoutMs / 15'000; ++n) {
    after(15'000);
    step_with(pingresp());
  }
  take(0, 1);
  step();
  EXPECT_EQ(publisher_.state, kOnline);
  after(10'000);
  EXPECT_EQ(publisher_.state, kOnline);
}

TEST_F(DevicePublisher, APingThatWentDownWithItsConnectionIsNotMissedOnTheNext) {
  connect();
  after(15'000);
  lose_connection();
  connect();
  after(kAnswerTimeoutMs);
  EXPECT_EQ(publisher_.state, kOnline);
}

TEST_F(DevicePublisher, AServerThatReadsNothingIsLeft) {
  connect();
  take(0, 1);
  port().takes = 3;
  step();
  after(kAnswerTimeoutMs);
  EXPECT_STREQ(publisher_.trouble, "the server reads nothing");
}

TEST_F(DevicePublisher, NeitherConnectionNorConnackIsWaitedForForEver) {
  port().connected = 0;
  step();
  after(kAnswerTimeoutMs);
  EXPECT_STREQ(publisher_.trouble, "no connection in time");
  port().connected = 1;
  after(publisher_.wait_ms);
  after(kAnswerTimeoutMs - 1);
  EXPECT_EQ(publisher_.state, kGreeting);
  step_with("\x20\x02"s);  // part of an answer is none
  after(1);
  EXPECT_STREQ(publisher_.trouble, "no CONNACK in time");
  after(publisher_.wait_ms);
  step_with(connack());
  EXPECT_EQ(publisher_.state, kOnline) << "the part is not taken for a part of this answer";
}

TEST_F(DevicePublisher, ARefusalIsTriedAgainLater) {
  step();
  step_with(connack(5));
  EXPECT_EQ(publisher_.state, kWaiting);
  EXPECT_STREQ(publisher_.trouble, "this client is not authorized");
  EXPECT_EQ(publisher_.connections, 0u);
}

TEST_F(DevicePublisher, EndsWithDisconnectAfterThePacketThatIsUnderWay) {
  connect();
  take(0, 1);
  port().takes = 4;
  step();
  publisher_finish(&publisher_);
  step();
  EXPECT_EQ(publisher_.state, kOnline);
  port().takes = SIZE_MAX;
  step();
  EXPECT_THAT(sent(), ElementsAre("0", "DISCONNECT"));
  EXPECT_EQ(publisher_.state, kFinished);
  EXPECT_EQ(port().closed, 1u);
  EXPECT_EQ(ring_held(&ring_), 1u) << "what is not acknowledged stays";
}

TEST_F(DevicePublisher, EndsAtOnceWhereThereIsNoConnection) {
  publisher_finish(&publisher_);
  EXPECT_EQ(publisher_.state, kFinished);
  step();
  EXPECT_EQ(port().opened, 0u);
}

TEST_F(DevicePublisher, RefusesSettingsItCouldNotSend) {
  const auto accepts = [&](auto change) {
    PublisherSettings settings = settings_;
    change(settings);
    Publisher publisher;
    return publisher_init(&publisher, &settings, &ring_);
  };
  const std::string long_text(kPacketBytesMax, 'x');
  EXPECT_TRUE(accepts([](auto&) {}));
  EXPECT_FALSE(accepts([](auto& settings) { settings.topic = ""; }));
  EXPECT_FALSE(accepts([](auto& settings) { settings.topic = "a/#"; }));
  EXPECT_FALSE(accepts([&](auto& settings) { settings.topic = long_text.c_str(); }));
  EXPECT_FALSE(accepts([&](auto& settings) { settings.connect.client_id = long_text.c_str(); }));
  EXPECT_FALSE(accepts([](auto& settings) { settings.connect.keep_alive_s = 0; }));
}

class HostileServer : public DevicePublisher, public ::testing::WithParamInterface<std::string> {};
TEST_P(HostileServer, IsLeftAndNoReadingIsLost) {
  take(0, 3);
  step();
  step_with(GetParam());
  EXPECT_EQ(publisher_.state, kWaiting);
  EXPECT_EQ(publisher_.losses, 1u);
  EXPECT_EQ(ring_held(&ring_), 3u);
  sent();
  after(publisher_.wait_ms);
  step_with(connack());
  EXPECT_THAT(sent(), ::testing::Contains(::testing::StartsWith("2")));
}
INSTANTIATE_TEST_SUITE_P(Says, HostileServer,
                         ::testing::Values(std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
                                           std::string("\x40\x02\x00\x01", 4),                  // PUBACK before CONNACK
                                           std::string("\xd0\x00", 2),                          // PINGRESP before it
                                           std::string("\x20\x02\x00\x00\x20\x02\x00\x00", 8),  // CONNACK twice
                                           std::string("\x20\x02\x00\x00\xd0\x00", 6),  // PINGRESP for no PINGREQ
                                           std::string("\x20\xff\xff\xff\x7f", 5),      // 256 MiB to come
                                           std::string(100'000, '\xff')));

TEST_F(DevicePublisher, ReadsALimitedPieceInOneStep) {
  connect();
  take(0, 1);
  for (int n = 0; n < 10'000; ++n) port().to_device += puback(0x7abc);
  const std::size_t before = port().to_device.size();
  step();
  EXPECT_GE(port().to_device.size(), before - 64);
  EXPECT_THAT(sent(), ElementsAre("0")) << "its own work goes on";
}

std::string lie(std::mt19937& random) {
  switch (random() % 4) {
    case 0: return connack(static_cast<int>(random() % 7));
    case 1: return puback(static_cast<std::uint16_t>(random() % 0x8000 + 1));
    case 2: return pingresp();
    default: break;
  }
  std::string bytes(random() % 10, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST_F(DevicePublisher, WhateverTheServerSaysReadingsLeaveOnlyWithAPubackOfTheirId) {
  std::mt19937 random(7);
  int next = 0;
  for (int n = 0; n < 20'000; ++n) {
    const int more = n / 1000 % 2 == 0 ? static_cast<int>(random() % 3) : 0;
    take(next, next + more);
    next += more;
    const bool honest = random() % 16 != 0;
    std::string bytes;
    if (honest && publisher_.state == kGreeting)
      bytes = connack();
    else if (honest && publisher_.state == kOnline && random() % 2 == 0)
      bytes = puback(static_cast<std::uint16_t>(ring_.first % 0x8000 + 1));
    else if (!honest)
      bytes = lie(random);
    port().lost = random() % 50 == 0;
    port().random = static_cast<std::uint32_t>(random() % 1000);
    port().now_ms += static_cast<std::uint32_t>(random() % 2000);
    step_with(bytes);
    port().from_device.clear();
    ASSERT_EQ(static_cast<std::uint32_t>(next),
              publisher_.acknowledged + ring_.overwritten + ring_held(&ring_) - acknowledged_in_ring());
    ASSERT_LE(ring_in_flight(&ring_), static_cast<std::uint32_t>(kWindowReadings));
  }
  EXPECT_GT(publisher_.acknowledged, 0u);
  EXPECT_GT(ring_.overwritten, 0u);
}

}  // namespace
}  // namespace tidegate::test
