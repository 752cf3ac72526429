#include "connectors/mqtt/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>

#include "connectors/mqtt/limits.h"
#include "tests/support/clock/virtual_clock.h"

namespace tidegate::mqtt {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SourceOptions options_for(std::uint16_t receive_maximum) {
  SourceOptions options;
  options.broker.host = "broker";
  options.subscribe = {{"a/#", 2}};
  options.receive_maximum = receive_maximum;
  return options;
}

/// A session with both its neighbours played by the test: the broker, and an intake that keeps source state.
class Peer {
 public:
  explicit Peer(std::uint16_t receive_maximum = 10, std::map<std::string, std::string> stored_state = {})
      : options(options_for(receive_maximum)), session(options, "client", clock), state(std::move(stored_state)) {
    session.restore({state.begin(), state.end()});
  }

  void connect(bool session_present, Version version = Version::v5) {
    session.disconnected();
    session.connected(version);
    EXPECT_THAT(sent(), ElementsAre(HasSubstr("CONNECT")));
    std::string wire;
    encode(wire, version, Connack{session_present, Reason::success, {}});
    give(wire);
    const auto asked = sent();
    if (session.phase() != Session::Phase::subscribing) return;
    wire.clear();
    encode(wire, version, SubscriptionAck{PacketType::suback, 1, {}, std::string_view("\x02", 1)});
    give(wire);
    EXPECT_EQ(session.phase(), Session::Phase::open);
  }

  void give(const std::string& wire) {
    pending += wire;
    const std::size_t done = session.receive(pending);
    pending.erase(0, done);
    while (auto submission = session.take_submission()) waiting.push_back(std::move(*submission));
  }
  void publish(std::uint16_t id, const std::string& payload, std::uint8_t qos = 1, bool dup = false) {
    std::string wire;
    encode(wire, session.version(), Publish{dup, qos, false, "a/b", id, {}, payload});
    give(wire);
  }
  void release(std::uint16_t id) {
    std::string wire;
    encode(wire, session.version(), Ack{PacketType::pubrel, id, Reason::success, {}});
    give(wire);
  }
  void pingresp() {
    std::string wire;
    encode(wire, Pingresp{});
    give(wire);
  }

  /// The receipts of everything that waits.
  void commit(Admission admission = Admission::durable) {
    auto now = std::exchange(waiting, {});
    for (auto& [ticket, submission] : now) {
      if (admission == Admission::durable) {
        for (auto& change : submission.state) {
          if (change.erase)
            state.erase(change.key);
          else
            state[change.key] = change.value;
        }
        for (Event& event : submission.events) stored.push_back(event.data);
        repeats += submission.repeats;
      }
      session.settle(ticket, admission);
    }
    while (auto submission = session.take_submission()) waiting.push_back(std::move(*submission));
  }

  /// What the session sent since the last call, one text per packet.
  std::vector<std::string> sent() {
    std::string bytes;
    if (!session.take_output(bytes)) return {};
    std::vector<std::string> out;
    Frame frame;
    Packet packet;
    while (next_frame(bytes, frame) == Framing::complete) {
      EXPECT_FALSE(decode(frame, session.version(), packet));
      out.push_back(describe(packet));
      bytes.erase(0, frame.size);
    }
    return out;
  }

  static std::string describe(const Packet& packet) {
    if (const auto* ack = std::get_if<Ack>(&packet)) {
      static const char* kNames[] = {"PUBACK", "PUBREC", "PUBREL", "PUBCOMP"};
      std::string out = kNames[static_cast<int>(ack->type) - 4];
      out += " " + std::to_string(ack->packet_id);
      if (ack->reason != Reason::success) out += " " + std::string(name_of(ack->reason));
      return out;
    }
    if (const auto* bye = std::get_if<Disconnect>(&packet)) return "DISCONNECT " + std::string(name_of(bye->reason));
    if (std::holds_alternative<Pingreq>(packet)) return "PINGREQ";
    if (const auto* s = std::get_if<Subscribe>(&packet)) return "SUBSCRIBE " + std::string(s->filters[0].filter);
    if (const auto* u = std::get_if<Unsubscribe>(&packet)) return "UNSUBSCRIBE " + std::string(u->filters[0]);
    return std::holds_alternative<Connect>(packet) ? "CONNECT" : "?";
  }

  std::size_t state_with(std::string_view prefix) const {
    std::size_t n = 0;
    for (const auto& entry : state) n += entry.first.starts_with(prefix);
    return n;
  }

  tidegate::testing::VirtualClock clock;
  SourceOptions options;
  Session session;
  std::string pending;
  std::vector<std::pair<Ticket, Submission>> waiting;
  std::map<std::string, std::string> state;
  std::vector<std::string> stored;
  std::uint64_t repeats = 0;
};

TEST(Session, PubackLeavesOnlyAfterTheReceipt) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  EXPECT_THAT(peer.sent(), IsEmpty());
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1"));
}

TEST(Session, Qos2IsRecordedReleasedAndCompletedEachAfterItsCommit) {
  Peer peer;
  peer.connect(false);
  peer.publish(7, "x", 2);
  EXPECT_THAT(peer.sent(), IsEmpty());
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBREC 7"));
  EXPECT_EQ(peer.state_with("q2/"), 1u);
  peer.release(7);
  EXPECT_THAT(peer.sent(), IsEmpty());
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBCOMP 7"));
  EXPECT_EQ(peer.state_with("q2/"), 0u);
}

TEST(Session, MessagesOfOneReadShareOneSubmission) {
  Peer peer;
  peer.connect(false);
  peer.commit();
  std::string wire;
  for (std::uint16_t id = 1; id <= 5; ++id) encode(wire, Version::v5, Publish{false, 1, false, "a", id, {}, "x"});
  peer.give(wire);
  ASSERT_EQ(peer.waiting.size(), 1u);
  EXPECT_EQ(peer.waiting[0].second.events.size(), 5u);
}

TEST(Session, ARedeliveryAfterALostAckIsAcknowledgedAndNotStored) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.commit();
  peer.sent();  // lost with the connection
  peer.connect(true);
  peer.publish(1, "x", 1, true);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1"));
  peer.commit();
  EXPECT_THAT(peer.stored, ElementsAre("x"));
  EXPECT_EQ(peer.repeats, 1u);
}

TEST(Session, ARedeliveryAfterACrashIsAcknowledgedAndNotStored) {
  Peer before;
  before.connect(false);
  before.publish(1, "x");
  before.publish(2, "y", 2);
  before.commit();
  Peer after(10, before.state);
  after.connect(true);
  after.publish(1, "x", 1, true);
  after.publish(2, "y", 2, true);
  EXPECT_THAT(after.sent(), ElementsAre("PUBACK 1", "PUBREC 2"));
  after.commit();
  EXPECT_THAT(after.stored, IsEmpty());
  EXPECT_EQ(after.repeats, 2u);
  after.release(2);
  after.commit();
  EXPECT_THAT(after.sent(), ElementsAre("PUBCOMP 2"));
}

TEST(Session, AnEventWhoseCommitWasLostInACrashIsStoredWhenItComesAgain) {
  Peer before;
  before.connect(false);
  before.commit();
  before.publish(1, "x");
  Peer after(10, before.state);
  after.connect(true);
  after.publish(1, "x", 1, true);
  EXPECT_THAT(after.sent(), IsEmpty());
  after.commit();
  EXPECT_THAT(after.stored, ElementsAre("x"));
  EXPECT_THAT(after.sent(), ElementsAre("PUBACK 1"));
}

TEST(Session, ARedeliveryDuringTheCommitIsNotStoredTwiceAndIsAcknowledgedOnce) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.publish(2, "y", 2);
  peer.connect(true);
  peer.publish(1, "x", 1, true);
  peer.publish(2, "y", 2, true);
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1", "PUBREC 2"));
  EXPECT_THAT(peer.stored, ElementsAre("x", "y"));
}

TEST(Session, AReceiptThatComesAfterAReconnectAcknowledgesNothingUntilTheRedelivery) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.connect(true);
  peer.commit();
  EXPECT_THAT(peer.sent(), IsEmpty());
  peer.publish(1, "x", 1, true);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1"));
  EXPECT_THAT(peer.stored, ElementsAre("x"));
}

TEST(Session, TheSameContentUnderAReusedPacketIdIsANewEvent) {
  Peer peer;
  peer.connect(false);
  for (int i = 0; i < 3; ++i) {
    peer.publish(1, "same");
    peer.commit();
  }
  EXPECT_EQ(peer.stored.size(), 3u);
}

TEST(Session, OtherContentMarkedDupIsStored) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.publish(2, "y", 2);
  peer.commit();
  peer.connect(true);
  peer.publish(1, "other", 1, true);
  peer.publish(2, "another", 2, true);
  peer.commit();
  EXPECT_THAT(peer.stored, ElementsAre("x", "y", "other", "another"));
}

TEST(Session, WithoutASessionAtTheBrokerNothingIsRemembered) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.publish(2, "y", 2);
  peer.commit();
  peer.connect(false);
  peer.commit();
  EXPECT_EQ(peer.state_with("q"), 0u);
  peer.publish(1, "x", 1, true);
  peer.commit();
  EXPECT_EQ(peer.stored.size(), 3u);
}

TEST(Session, AnAnsweredPingClearsTheJournal) {
  Peer peer;
  peer.connect(false, Version::v3_1_1);
  for (std::uint16_t id = 1; id <= 5; ++id) peer.publish(id, "x");
  peer.commit();
  peer.sent();
  EXPECT_GT(peer.state_with("q1/"), 0u);
  peer.clock.advance(50s);
  peer.session.tick();
  EXPECT_THAT(peer.sent(), ElementsAre("PINGREQ"));
  peer.pingresp();
  peer.commit();
  EXPECT_EQ(peer.state_with("q1/"), 0u);
}

TEST(Session, PingsBoundTheJournal) {
  Peer peer;
  peer.connect(false);
  std::size_t pings = 0;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    peer.publish(static_cast<std::uint16_t>(i % 60'000 + 1), "x" + std::to_string(i));
    peer.commit();
    for (const auto& packet : peer.sent()) {
      if (packet != "PINGREQ") continue;
      ++pings;
      peer.pingresp();
    }
    ASSERT_LE(peer.state_with("q1/"), limits::kUnprovenAcksMax + 2);
  }
  EXPECT_GE(pings, 4u);
}

TEST(Session, DropNewestIsAcknowledgedWithQuotaExceeded) {
  Peer peer;
  peer.connect(false);
  peer.commit();
  peer.publish(1, "x");
  peer.publish(2, "y", 2);
  peer.commit(Admission::refused_full);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1 quota exceeded", "PUBREC 2 quota exceeded"));
  EXPECT_EQ(peer.session.unreceipted_bytes(), 0u);
}

TEST(Session, AReleaseRefusedTogetherWithEventsIsSubmittedAgainAlone) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x", 2);
  peer.commit();
  peer.sent();
  std::string wire;
  encode(wire, Version::v5, Ack{PacketType::pubrel, 1, Reason::success, {}});
  encode(wire, Version::v5, Publish{false, 1, false, "a", 2, {}, "y"});
  peer.give(wire);
  peer.commit(Admission::refused_full);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 2 quota exceeded"));
  ASSERT_EQ(peer.waiting.size(), 1u);
  EXPECT_TRUE(peer.waiting[0].second.events.empty());
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBCOMP 1"));
}

TEST(Session, WhenTheGatewayStopsNothingIsAcknowledged) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.commit(Admission::stopping);
  EXPECT_THAT(peer.sent(), IsEmpty());
}

TEST(Session, AfterAnInvalidGroupMessagesAreFetchedAgainOneByOne) {
  Peer peer;
  peer.connect(false);
  peer.commit();
  std::string wire;
  for (std::uint16_t id = 1; id <= 2; ++id) encode(wire, Version::v5, Publish{false, 1, false, "a", id, {}, "x"});
  peer.give(wire);
  peer.commit(Admission::refused_invalid);
  EXPECT_THAT(peer.sent(), IsEmpty());
  ASSERT_TRUE(peer.session.ended());
  peer.connect(true);
  peer.commit();
  wire.clear();
  for (std::uint16_t id = 1; id <= 2; ++id) encode(wire, Version::v5, Publish{true, 1, false, "a", id, {}, "x"});
  peer.give(wire);
  peer.give("");
  ASSERT_EQ(peer.waiting.size(), 2u);
  peer.commit(Admission::refused_invalid);
  EXPECT_THAT(peer.sent(),
              ElementsAre("PUBACK 1 implementation specific error", "PUBACK 2 implementation specific error"));
  EXPECT_EQ(peer.session.refused_messages(), 2u);
}

TEST(Session, PubrelForAnUnknownIdIsAnsweredAtOnce) {
  Peer peer;
  peer.connect(true);
  peer.release(9);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBCOMP 9 packet identifier not found"));
}

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
