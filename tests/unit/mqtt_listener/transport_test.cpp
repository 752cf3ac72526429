#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <thread>

#include "connectors/mqtt_listener/limits.h"
#include "tests/unit/mqtt_listener/listener_fixture.h"
#include "tests/unit/mqtt_listener/raw_client.h"

namespace tidegate::test {
namespace {

using mqtt::Reason;
using ::testing::ElementsAre;
namespace limits = mqtt_listener::limits;

using Listener = WithListener;

TEST_F(Listener, TheNewerOfTwoConnectionsWithOneClientIdStays) {
  start_listener();
  RawClient first(port_);
  ASSERT_EQ(first.connect("twin"), Reason::success);
  RawClient second(port_);
  ASSERT_EQ(second.connect("twin"), Reason::success);
  EXPECT_EQ(first.farewell(), Reason::session_taken_over);
  second.publish(1, "x");
  EXPECT_EQ(second.acknowledged(), 1);
}

TEST_F(Listener, WhatIsDueIsAcknowledgedBeforeTheGoodbye) {
  start_listener();
  RawClient client(port_);
  ASSERT_EQ(client.connect("pump"), Reason::success);
  intake_.hold(true);
  client.publish(1, "x");
  ASSERT_TRUE(intake_.wait(patience(), [&] { return intake_.held_events() == 1; }));
  std::thread stopping([&] { source_->stop(); });
  intake_.commit();
  EXPECT_EQ(client.acknowledged(), 1);
  EXPECT_EQ(client.farewell(), Reason::server_shutting_down);
  stopping.join();
}

TEST_F(Listener, AcknowledgementsOfOneCommitComeTogether) {
  start_listener();
  RawClient client(port_);
  ASSERT_EQ(client.connect("pump"), Reason::success);
  intake_.hold(true);
  for (std::uint16_t id = 1; id <= 100; ++id) client.publish(id, "x");
  ASSERT_TRUE(intake_.wait(patience(), [&] { return intake_.held_events() == 100; }));
  intake_.commit();
  for (std::uint16_t id = 1; id <= 100; ++id) ASSERT_EQ(client.acknowledged(), id);
}

TEST_F(Listener, AClientTooManyIsClosedAndTheOthersStay) {
  start_listener("allow_anonymous: true\nmax_connections: 2");
  // The fixture's look at the port had a place, too.
  std::optional<RawClient> one;
  std::optional<RawClient> two;
  ASSERT_TRUE(intake_.wait(patience(), [&] {
    one.emplace(port_);
    return one->connect("one") == Reason::success;
  }));
  ASSERT_TRUE(intake_.wait(patience(), [&] {
    two.emplace(port_);
    return two->connect("two") == Reason::success;
  }));
  RawClient three(port_);
  EXPECT_FALSE(three.receive());
  one->publish(1, "x");
  EXPECT_EQ(one->acknowledged(), 1);
  one.reset();
  EXPECT_TRUE(intake_.wait(patience(), [&] { return RawClient(port_).connect("three") == Reason::success; }));
}

TEST_F(Listener, AFloodFillsItsShareOfMemoryAndNoMore) {
  start_listener("allow_anonymous: true\nin_flight_bytes: 256KiB");
  intake_.hold(true);
  intake_.keep_events(false);
  RawClient flood(port_);
  ASSERT_EQ(flood.connect("flood"), Reason::success);
  std::string wire;
  for (int i = 0; i < 1000; ++i)
    encode(wire, mqtt::Version::v5, mqtt::Publish{false, 0, false, "a", 0, {}, std::string(100, 'x')});
  // Until its messages are stuck in the sockets.
  int stuck = 0;
  ASSERT_TRUE(intake_.wait(patience(), [&] {
    while (flood.send(wire)) stuck = 0;
    return ++stuck > 20;
  }));
  // 256 KiB, and what one turn of 64 KiB makes of small messages.
  EXPECT_LT(intake_.held_events(), 4000u);
  EXPECT_GT(intake_.held_events(), 100u);
}

TEST_F(Listener, AFloodDoesNotKeepAnotherClientFromBeingServed) {
  start_listener("allow_anonymous: true\nin_flight_bytes: 64KiB");
  intake_.keep_events(false);
  RawClient flood(port_);
  ASSERT_EQ(flood.connect("flood"), Reason::success);
  std::atomic<bool> stop = false;
  std::thread flooding([&] {
    std::string wire;
    for (int i = 0; i < 1000; ++i)
      encode(wire, mqtt::Version::v5, mqtt::Publish{false, 0, false, "a", 0, {}, std::string(100, 'x')});
    while (!stop) flood.send_all(wire);
  });
  RawClient other(port_);
  EXPECT_EQ(other.connect("other"), Reason::success);
  for (std::uint16_t id = 1; id <= 50; ++id) {
    other.publish(id, "x");
    EXPECT_EQ(other.acknowledged(), id);
  }
  stop = true;
  flooding.join();
}

TEST_F(Listener, APacketInSmallPiecesAndALargeOneArrive) {
  start_listener();
  RawClient client(port_);
  ASSERT_EQ(client.connect("pump"), Reason::success);
  std::string wire;
  encode(wire, mqtt::Version::v5, mqtt::Publish{false, 1, false, "a", 1, {}, "in pieces"});
  for (const char byte : wire) client.send_all(std::string(1, byte));
  EXPECT_EQ(client.acknowledged(), 1);
  const std::string large(3 << 20, 'x');
  client.publish(2, large);
  client.publish(3, "after");
  EXPECT_EQ(client.acknowledged(), 2);
  EXPECT_EQ(client.acknowledged(), 3);
  EXPECT_THAT(payloads(), ElementsAre("in pieces", large, "after"));
}

TEST_F(Listener, PacketsThatNeverEndCannotFillTheMemory) {
  start_listener();
  const std::string begun = std::string("\x30\x80\x80\x80\x04\x00\x01", 7) + "a" + std::string(20'000, 'x');  // 8 MiB
  std::vector<RawClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back(port_);
    ASSERT_EQ(clients.back().connect("hoarder-" + std::to_string(i)), Reason::success);
    clients.back().send_all(begun);
  }
  RawClient third(port_);
  ASSERT_EQ(third.connect("third"), Reason::success);
  ASSERT_TRUE(intake_.wait(patience(), [&] {
    RawClient probe(port_);
    if (probe.connect("probe") != Reason::success) return false;
    probe.send_all(begun);
    return probe.farewell() == Reason::quota_exceeded;
  }));
  third.publish(1, "small");
  EXPECT_EQ(third.acknowledged(), 1);
}

TEST_F(Listener, NoiseIsClosedAndTheNextClientServed) {
  start_listener();
  for (const std::string& noise : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(1000, '\xFF'),
                                   std::string(64, '\0'), std::string("\x16\x03\x01\x02\x00\x01", 6)}) {
    RawClient client(port_);
    client.send_all(noise);
    EXPECT_FALSE(client.receive());
  }
  RawClient client(port_);
  EXPECT_EQ(client.connect("pump"), Reason::success);
}

TEST_F(Listener, AnEmptyClientIdNeedsACleanStartIn311) {
  start_listener();
  mqtt::Connect hello;
  hello.version = mqtt::Version::v3_1_1;
  EXPECT_EQ(RawClient(port_).connect(hello), Reason::client_identifier_not_valid);
  hello.clean_start = true;
  EXPECT_EQ(RawClient(port_).connect(hello), Reason::success);
  hello.client_id = std::string_view("0123456789abcdefghijABC");
  EXPECT_EQ(RawClient(port_).connect(hello), Reason::success);
  const std::string endless(limits::kNameBytesMax + 1, 'x');
  hello.client_id = endless;
  EXPECT_EQ(RawClient(port_).connect(hello), Reason::client_identifier_not_valid);
}

TEST_F(Listener, EnhancedAuthenticationIsNotOffered) {
  start_listener();
  mqtt::PropertyWriter properties;
  properties.text(mqtt::PropertyId::authentication_method, "SCRAM-SHA-256");
  mqtt::Connect hello;
  hello.client_id = "pump";
  hello.properties = properties.view();
  EXPECT_EQ(RawClient(port_).connect(hello), Reason::bad_authentication_method);
}

TEST_F(Listener, AProbeFindsAPortThatIsTaken) {
  start_listener();
  const auto options = parse_text(*mqtt_listener_options(), "listen: 127.0.0.1:" + port() + "\nallow_anonymous: true");
  const auto second = make_mqtt_listener(rig_.context(), *options);
  EXPECT_FALSE((*second)->probe(patience()));
  source_.reset();
  EXPECT_TRUE((*second)->probe(patience()));
}

TEST_F(Listener, WhoSaysNothingIsClosedAfterTheConnectTimeout) {
  start_listener("allow_anonymous: true\nconnect_timeout: 100ms");
  RawClient silent(port_);
  EXPECT_FALSE(silent.receive());
}

TEST_F(Listener, AClientOverItsRateIsServedMoreSlowly) {
  start_listener("allow_anonymous: true\nrate_limit: 20");
  RawClient client(port_);
  ASSERT_EQ(client.connect("pump"), Reason::success);
  for (std::uint16_t id = 1; id <= 50; ++id) client.publish(id, "x");
  for (std::uint16_t id = 1; id <= 50; ++id) ASSERT_EQ(client.acknowledged(), id);
}

TEST_F(Listener, ClientsThatGiveUpDuringAPauseLeaveTheirPlaces) {
  start_listener("allow_anonymous: true\nmax_connections: 3");
  const auto connections = [&] {
    return rig_.metrics().gauge_value("tidegate_mqtt_listener_connections", {{"source", "test"}});
  };
  ASSERT_TRUE(intake_.wait(patience(), [&] { return connections() == 0; }));
  source_->pause();
  ASSERT_TRUE(intake_.wait(patience(), [&] { return rig_.health().state == HealthState::paused; }));
  {
    const std::array<RawClient, 3> give_up{RawClient(port_), RawClient(port_), RawClient(port_)};
    ASSERT_TRUE(intake_.wait(patience(), [&] { return connections() == 3; }));
  }
  RawClient stays(port_);
  mqtt::Connect hello;
  hello.client_id = "stays";
  stays.send_packet(hello);
  ASSERT_TRUE(intake_.wait(patience(), [&] { return connections() == 1; }));
  source_->resume();
  const auto answer = stays.receive();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(std::holds_alternative<mqtt::Connack>(*answer));
}

TEST_F(Listener, WhoIsRefusedTakesNothingFromWhoIsIn) {
  start_listener("allow_anonymous: true\nacl: [ 'a/#' ]");
  RawClient first(port_);
  ASSERT_EQ(first.connect("pump"), Reason::success);
  mqtt::Connect hello;
  hello.client_id = "pump";
  hello.will = mqtt::Will{0, false, {}, "forbidden", "x"};
  EXPECT_EQ(RawClient(port_).connect(hello), Reason::not_authorized);
  first.publish(1, "x");
  EXPECT_EQ(first.acknowledged(), 1);
}

TEST_F(Listener, AListenerThatIsPausedReadsNobodyAndLosesNothing) {
  start_listener();
  RawClient client(port_);
  ASSERT_EQ(client.connect("pump"), Reason::success);
  source_->pause();
  ASSERT_TRUE(intake_.wait(patience(), [&] { return rig_.health().state == HealthState::paused; }));
  // One read may have been under way; after its turn nothing more is read.
  for (std::uint16_t id = 1; id <= 3; ++id) client.publish(id, std::to_string(id));
  source_->resume();
  for (std::uint16_t id = 1; id <= 3; ++id) EXPECT_EQ(client.acknowledged(), id);
  EXPECT_THAT(payloads(), ElementsAre("1", "2", "3"));
}

}  // namespace
}  // namespace tidegate::test
