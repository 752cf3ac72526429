#include "connectors/mqtt/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "connectors/mqtt/limits.h"
#include "tests/unit/mqtt/session_peer.h"

namespace tidegate::mqtt {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Session, TopicAliasesStandForTopicsAndEndWithTheConnection) {
  Peer peer;
  peer.connect(false);
  PropertyWriter alias;
  alias.number(PropertyId::topic_alias, 3);
  std::string wire;
  encode(wire, Version::v5, Publish{false, 0, false, "a/long/topic", 0, alias.view(), "1"});
  encode(wire, Version::v5, Publish{false, 0, false, "", 0, alias.view(), "2"});
  peer.give(wire);
  ASSERT_EQ(peer.waiting.back().second.events.size(), 2u);
  EXPECT_EQ(peer.waiting.back().second.events[1].subject, "a/long/topic");
  peer.connect(true);
  wire.clear();
  encode(wire, Version::v5, Publish{false, 0, false, "", 0, alias.view(), "3"});
  peer.give(wire);
  EXPECT_THAT(peer.sent(), ElementsAre("DISCONNECT protocol error"));
}

TEST(Session, FaultsOfTheBrokerEndTheConnectionWithTheirReason) {
  PropertyWriter alias;
  alias.number(PropertyId::topic_alias, 1000);
  std::string too_high;
  encode(too_high, Version::v5, Publish{false, 0, false, "a", 0, alias.view(), "x"});
  std::string from_client;
  encode(from_client, Version::v5, Subscribe{1, {}, {{"a", 0}}});
  std::string huge("\x30\xFF\xFF\xFF\x7F", 5);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {std::string("\x36\x06\0\1a\0\1\0", 8), "DISCONNECT malformed packet"},
      {std::string("\x30\xFF\xFF\xFF\xFF\x7F", 6), "DISCONNECT malformed packet"},
      {huge, "DISCONNECT packet too large"},
      {too_high, "DISCONNECT topic alias invalid"},
      {from_client, "DISCONNECT protocol error"},
      {std::string("\x40\x02\0\1", 4), "DISCONNECT protocol error"},
      {std::string("\x10\x02\0\0", 4), "DISCONNECT protocol error"},
      {std::string("\x20\x03\0\0\0", 5), "DISCONNECT protocol error"},
  };
  for (const auto& [wire, answer] : cases) {
    Peer peer;
    peer.connect(false);
    peer.give(wire);
    EXPECT_THAT(peer.sent(), ElementsAre(answer));
    ASSERT_TRUE(peer.session.ended());
    EXPECT_EQ(peer.session.ended()->kind, SessionEnd::Kind::protocol_error);
  }
}

TEST(Session, ABrokerThatExceedsTheReceiveMaximumIsServed) {
  Peer peer(2);
  peer.connect(false);
  for (std::uint16_t id = 1; id <= 3; ++id) peer.publish(id, "x" + std::to_string(id));
  EXPECT_FALSE(peer.session.ended());
  peer.commit();
  EXPECT_EQ(peer.stored.size(), 3u);
}

TEST(Session, MessagesBeyondTheReceiveMaximumProveNothingAboutOurAcks) {
  Peer peer(2);
  peer.connect(false);
  for (std::uint16_t id = 1; id <= 8; ++id) peer.publish(id, "x" + std::to_string(id));
  peer.commit();
  peer.connect(true);
  for (std::uint16_t id = 1; id <= 8; ++id) peer.publish(id, "x" + std::to_string(id), 1, true);
  peer.commit();
  EXPECT_EQ(peer.stored.size(), 8u);
}

TEST(Session, AMessageTooLargeForMqtt3IsPassedOverAndRefusedWithoutBufferingIt) {
  Peer peer;
  peer.connect(false, Version::v3_1_1);
  const std::string payload(limits::kPacketBytesMax, 'x');
  std::string wire;
  encode(wire, Version::v3_1_1, Publish{false, 1, false, "a/b", 5, {}, payload});
  encode(wire, Version::v3_1_1, Publish{false, 1, false, "a/b", 6, {}, "after"});
  std::size_t held_max = 0;
  for (std::size_t at = 0; at < wire.size(); at += 65536) {
    peer.give(wire.substr(at, 65536));
    held_max = std::max(held_max, peer.pending.size());
  }
  EXPECT_LT(held_max, 200'000u);
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 5", "PUBACK 6"));
  EXPECT_THAT(peer.stored, ElementsAre("after"));
  EXPECT_EQ(peer.session.refused_messages(), 1u);
}

TEST(Session, APayloadOverTheLimitIsRefusedAndTheConnectionGoesOn) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, std::string(tidegate::limits::kEventDataBytesMax + 1, 'x'));
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1 quota exceeded"));
  EXPECT_FALSE(peer.session.ended());
}

TEST(Session, AnswersThatDoNotComeEndTheConnection) {
  Peer peer;
  peer.session.connected(Version::v5);
  peer.clock.advance(limits::kAnswerTimeout);
  peer.session.tick();
  ASSERT_TRUE(peer.session.ended());
  EXPECT_THAT(peer.session.ended()->why, HasSubstr("CONNACK"));
  peer.connect(false);
  peer.clock.advance(45s);
  peer.session.tick();
  EXPECT_THAT(peer.sent(), ElementsAre("PINGREQ"));
  peer.clock.advance(limits::kAnswerTimeout);
  peer.session.tick();
  EXPECT_THAT(peer.session.ended()->why, HasSubstr("PINGRESP"));
}

TEST(Session, WhilePausedPingsGoOutAndNoAnswerIsExpected) {
  Peer peer;
  peer.connect(false);
  peer.session.set_reading(false);
  for (int i = 0; i < 5; ++i) {
    peer.clock.advance(45s);
    peer.session.tick();
    EXPECT_THAT(peer.sent(), ElementsAre("PINGREQ"));
  }
  EXPECT_FALSE(peer.session.ended());
  peer.session.set_reading(true);
  peer.clock.advance(limits::kAnswerTimeout);
  peer.session.tick();
  EXPECT_TRUE(peer.session.ended());
}

TEST(Session, AnAnswerLeftUnreadDuringALongPauseIsNotMissed) {
  Peer peer;
  peer.connect(false);
  peer.clock.advance(45s);
  peer.session.tick();
  ASSERT_THAT(peer.sent(), ElementsAre("PINGREQ"));
  peer.session.set_reading(false);
  EXPECT_GT(peer.session.next_tick(), peer.clock.steady() + limits::kAnswerTimeout);
  peer.clock.advance(limits::kAnswerTimeout + 1s);
  peer.session.tick();
  ASSERT_FALSE(peer.session.ended());
  // A fresh allowance from here, since the answer may be behind much else.
  peer.session.set_reading(true);
  EXPECT_EQ(peer.session.next_tick(), peer.clock.steady() + limits::kAnswerTimeout);
  peer.clock.advance(limits::kAnswerTimeout - 1s);
  peer.session.tick();
  ASSERT_FALSE(peer.session.ended());
  peer.pingresp();
  peer.clock.advance(2s);
  peer.session.tick();
  EXPECT_FALSE(peer.session.ended());
}

TEST(Session, SubscriptionsNoLongerWantedAreEndedAndNewOnesMade) {
  Peer before;
  before.options.subscribe = {{"old/#", 1}};
  before.connect(false);
  before.commit();
  Peer after(10, before.state);
  after.session.connected(Version::v3_1_1);
  after.sent();
  std::string wire;
  encode(wire, Version::v3_1_1, Connack{true, Reason::success, {}});
  after.give(wire);
  EXPECT_THAT(after.sent(), ElementsAre("UNSUBSCRIBE old/#", "SUBSCRIBE a/#"));
}

TEST(Session, WhatTheBrokerDoesNotOfferIsNotAskedForAndReported) {
  Peer peer;
  peer.options.subscribe = {{"$share/g/a", 1}, {"b/#", 1}, {"c", 1}};
  peer.session.connected(Version::v5);
  peer.sent();
  PropertyWriter without;
  without.number(PropertyId::shared_subscription_available, 0)
      .number(PropertyId::wildcard_subscription_available, 0)
      .number(PropertyId::session_expiry_interval, 60);
  std::string wire;
  encode(wire, Version::v5, Connack{false, Reason::success, without.view()});
  peer.give(wire);
  EXPECT_THAT(peer.sent(), ElementsAre("SUBSCRIBE c"));
  EXPECT_EQ(peer.session.session_expiry(), 60s);
  ASSERT_EQ(peer.session.refused_subscriptions().size(), 2u);
  EXPECT_EQ(peer.session.refused_subscriptions()[0].reason, Reason::shared_subscriptions_not_supported);
  EXPECT_EQ(peer.session.refused_subscriptions()[1].reason, Reason::wildcard_subscriptions_not_supported);
}

TEST(Session, InMqtt3AHeldSubscriptionIsNotRenewed) {
  Peer peer;
  peer.connect(false, Version::v3_1_1);
  peer.session.disconnected();
  peer.session.connected(Version::v3_1_1);
  peer.sent();
  std::string wire;
  encode(wire, Version::v3_1_1, Connack{true, Reason::success, {}});
  peer.give(wire);
  EXPECT_THAT(peer.sent(), IsEmpty());
  EXPECT_EQ(peer.session.phase(), Session::Phase::open);
}

TEST(Session, PropertiesBecomeAttributes) {
  Peer peer;
  peer.connect(false);
  PropertyWriter properties;
  properties.number(PropertyId::payload_format_indicator, 1)
      .number(PropertyId::message_expiry_interval, 30)
      .text(PropertyId::content_type, "application/json")
      .text(PropertyId::response_topic, "re/ply")
      .text(PropertyId::correlation_data, std::string_view("\x00\xFF\x10\x20", 4))
      .user("unit", "C");
  std::string wire;
  encode(wire, Version::v5, Publish{false, 0, true, "a/b", 0, properties.view(), "{}"});
  peer.give(wire);
  const Event& event = peer.waiting.back().second.events.at(0);
  EXPECT_EQ(event.subject, "a/b");
  EXPECT_EQ(event.datacontenttype, "application/json");
  EXPECT_EQ(event.time, peer.clock.wall());
  using Attribute = std::pair<std::string, std::string>;
  EXPECT_THAT(event.attributes,
              ElementsAre(Attribute{"qos", "0"}, Attribute{"retained", "true"}, Attribute{"payloadformat", "utf8"},
                          Attribute{"messageexpiry", "30"}, Attribute{"responsetopic", "re/ply"},
                          Attribute{"correlationdata", "AP8QIA=="}, Attribute{"unit", "C"}));
}

}  // namespace
}  // namespace tidegate::mqtt
