#include "tests/unit/mqtt_listener/session_rig.h"

namespace tidegate::mqtt_listener {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr Hello kKept{.client_id = "pump", .clean = false, .expiry = 3600};

TEST(ServerSession, AcknowledgesOnlyAfterTheReceipt) {
  Gateway gateway;
  Client client(gateway);
  client.open();
  client.publish(1, "x");
  client.publish(2, "y", 2);
  EXPECT_THAT(client.sent(), IsEmpty());
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBACK 1", "PUBREC 2"));
  EXPECT_THAT(gateway.payloads(), ElementsAre("x", "y"));
}

TEST(ServerSession, AcknowledgesInTheOrderOfTheMessages) {
  Gateway gateway;
  gateway.options.acl = {{"", *TopicPattern::parse("a/#"), AclRule::Access::allow}};
  Client client(gateway);
  client.open();
  client.publish(1, "x");
  client.publish(2, "y", 1, false, "forbidden");
  client.publish(3, "z");
  EXPECT_THAT(client.sent(), IsEmpty());
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBACK 1", "PUBACK 2 not authorized", "PUBACK 3"));
  EXPECT_THAT(gateway.payloads(), ElementsAre("x", "z"));
}

TEST(ServerSession, AReceiptThatComesEarlyWaitsForTheOneBefore) {
  Gateway gateway;
  Client client(gateway);
  client.open();
  client.publish(1, "x");
  client.publish(2, "y");
  ASSERT_EQ(gateway.waiting.size(), 2u);
  client.session->settle(gateway.waiting[1].ticket, Admission::durable);
  EXPECT_THAT(client.sent(), IsEmpty());
  client.session->settle(gateway.waiting[0].ticket, Admission::durable);
  EXPECT_THAT(client.sent(), ElementsAre("PUBACK 1", "PUBACK 2"));
}

TEST(ServerSession, NothingIsAcknowledgedWhenTheGatewayStops) {
  Gateway gateway;
  Client client(gateway);
  client.open(kKept);
  client.publish(1, "x");
  client.publish(2, "y", 2);
  gateway.commit(Admission::stopping);
  EXPECT_THAT(client.sent(), IsEmpty());
}

TEST(ServerSession, TheEventHoldsWhatTheClientSaid) {
  Gateway gateway;
  Client client(gateway);
  client.user = "ann";
  client.open();
  PropertyWriter properties;
  properties.text(PropertyId::content_type, "text/plain").user("unit", "C");
  client.give_packet(Publish{false, 1, true, "s/t", 1, properties.view(), "21"});
  gateway.commit();
  ASSERT_EQ(gateway.stored.size(), 1u);
  EXPECT_EQ(gateway.stored[0].subject, "s/t");
  EXPECT_EQ(gateway.stored[0].datacontenttype, "text/plain");
  EXPECT_THAT(gateway.stored[0].attributes,
              ElementsAre(Pair("qos", "1"), Pair("retained", "true"), Pair("clientid", "pump"), Pair("user", "ann"),
                          Pair("unit", "C")));
}

TEST(ServerSession, ConnackSaysWhatIsOfferedAndWhatIsNot) {
  Gateway gateway;
  gateway.options.keep_alive_max = 100s;
  Client client(gateway);
  client.open({.client_id = "", .keep_alive = 0});
  const mqtt::Properties said(client.connack_properties);
  EXPECT_EQ(said.number(PropertyId::receive_maximum, 0), gateway.options.receive_maximum);
  EXPECT_EQ(said.number(PropertyId::maximum_packet_size, 0), gateway.options.max_packet_bytes);
  EXPECT_EQ(said.number(PropertyId::topic_alias_maximum, 0), gateway.options.topic_alias_maximum);
  EXPECT_EQ(said.number(PropertyId::server_keep_alive, 0), 100u);
  EXPECT_EQ(said.text(PropertyId::assigned_client_identifier), "made-up");
  for (const PropertyId id : {PropertyId::wildcard_subscription_available, PropertyId::shared_subscription_available,
                              PropertyId::subscription_identifier_available})
    EXPECT_EQ(said.number(id, 1), 0u);
  // Left out, these mean QoS 2, and retained messages taken.
  EXPECT_FALSE(said.find(PropertyId::maximum_qos));
  EXPECT_FALSE(said.find(PropertyId::retain_available));
}

TEST(ServerSession, TheFirstPacketMustBeConnectAndTheOnlyOne) {
  Gateway gateway;
  Client early(gateway);
  early.publish(1, "x");
  EXPECT_EQ(early.ended(), SessionEnd::Kind::protocol_error);
  EXPECT_THAT(early.sent(), IsEmpty());
  Client twice(gateway);
  twice.open();
  twice.connect();
  EXPECT_THAT(twice.sent(), ElementsAre("DISCONNECT protocol error"));
}

TEST(ServerSession, AnOtherVersionIsToldSo) {
  Gateway gateway;
  Client client(gateway);
  client.version = Version::v3_1_1;
  client.give(std::string("\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x01x", 17));
  EXPECT_THAT(client.sent(), ElementsAre("CONNACK unsupported protocol version"));
  EXPECT_TRUE(client.ended());
}

TEST(ServerSession, PingIsAnswered) {
  Gateway gateway;
  Client client(gateway);
  client.open();
  client.give(std::string("\xC0\x00", 2));
  EXPECT_THAT(client.sent(), ElementsAre("PINGRESP"));
}

TEST(ServerSession, SilenceOfOneAndAHalfKeepAlivesEndsIt) {
  Gateway gateway;
  Client client(gateway);
  client.open({.keep_alive = 10});
  gateway.clock.advance(14'999ms);
  client.session->tick();
  EXPECT_FALSE(client.ended());
  gateway.clock.advance(1ms);
  client.session->tick();
  EXPECT_THAT(client.sent(), ElementsAre("DISCONNECT keep alive timeout"));
  EXPECT_EQ(client.ended(), SessionEnd::Kind::timeout);
}

TEST(ServerSession, KeepAliveDoesNotRunWhileNothingIsRead) {
  Gateway gateway;
  Client client(gateway);
  client.open({.keep_alive = 10});
  client.session->set_reading(false);
  gateway.clock.advance(1h);
  client.session->tick();
  EXPECT_FALSE(client.ended());
  client.session->set_reading(true);
  gateway.clock.advance(14s);
  client.session->tick();
  EXPECT_FALSE(client.ended());
}

TEST(ServerSession, WhoSendsNoConnectInTimeIsOut) {
  Gateway gateway;
  Client client(gateway);
  gateway.clock.advance(gateway.options.connect_timeout);
  client.session->tick();
  EXPECT_EQ(client.ended(), SessionEnd::Kind::timeout);
}

TEST(ServerSession, SubscribeIsRefusedFilterByFilter) {
  Gateway gateway;
  Client client(gateway);
  client.open();
  client.give_packet(mqtt::Subscribe{1, {}, {{"a"}, {"a/#"}, {"$share/g/a"}}});
  EXPECT_THAT(client.sent(), ElementsAre("SUBACK, not authorized, wildcard subscriptions not supported, "
                                         "shared subscriptions not supported"));
  client.give_packet(mqtt::Unsubscribe{2, {}, {"a"}});
  EXPECT_THAT(client.sent(), ElementsAre("UNSUBACK, no subscription existed"));
  EXPECT_FALSE(client.ended());
  EXPECT_EQ(client.session->take_refusals().subscriptions, 3u);
  Client old(gateway);
  old.open({.client_id = "old", .version = Version::v3_1_1});
  old.give_packet(mqtt::Subscribe{1, {}, {{"a"}}});
  EXPECT_THAT(old.sent(), ElementsAre("SUBACK, unspecified error"));
}

TEST(ServerSession, MoreOpenMessagesThanTheReceiveMaximumEndIt) {
  Gateway gateway;
  gateway.options.receive_maximum = 2;
  Client client(gateway);
  client.open();
  client.publish(1, "a", 1);
  client.publish(2, "b", 2);
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBACK 1", "PUBREC 2"));
  client.publish(3, "c", 1);
  client.publish(4, "d", 1);
  EXPECT_THAT(client.sent(), ElementsAre("DISCONNECT receive maximum exceeded"));
}

TEST(ServerSession, AReleasedMessageIsNoLongerOpen) {
  Gateway gateway;
  gateway.options.receive_maximum = 1;
  Client client(gateway);
  client.open();
  for (std::uint16_t id = 1; id < 5; ++id) {
    client.publish(id, "x", 2);
    gateway.commit();
    client.release(id);
    gateway.commit();
  }
  EXPECT_FALSE(client.ended());
  EXPECT_EQ(client.sent().size(), 8u);
}

TEST(ServerSession, APacketPastTheMaximumEndsItBeforeItHasArrived) {
  Gateway gateway;
  gateway.options.max_packet_bytes = 2000;
  Client client(gateway);
  client.open();
  client.give(std::string("\x30\x80\x40", 3));  // a PUBLISH of 8,192 bytes
  EXPECT_THAT(client.sent(), ElementsAre("DISCONNECT packet too large"));
}

TEST(ServerSession, TopicAliasesStandForTheirTopics) {
  Gateway gateway;
  gateway.options.topic_alias_maximum = 2;
  Client client(gateway);
  client.open();
  const auto publish = [&](std::string_view topic, std::uint32_t alias) {
    PropertyWriter properties;
    properties.number(PropertyId::topic_alias, alias);
    client.give_packet(Publish{false, 0, false, topic, 0, properties.view(), "x"});
  };
  publish("one", 1);
  publish("two", 2);
  publish("", 1);
  publish("three", 1);
  publish("", 1);
  gateway.commit();
  std::vector<std::string> subjects;
  for (const Event& event : gateway.stored) subjects.push_back(event.subject);
  EXPECT_THAT(subjects, ElementsAre("one", "two", "one", "three", "three"));
  publish("x", 3);
  EXPECT_THAT(client.sent(), ElementsAre("DISCONNECT topic alias invalid"));
}

TEST(ServerSession, AnAliasThatStandsForNothingEndsIt) {
  Gateway gateway;
  Client client(gateway);
  client.open();
  PropertyWriter properties;
  properties.number(PropertyId::topic_alias, 5);
  client.give_packet(Publish{false, 0, false, "", 0, properties.view(), "x"});
  EXPECT_THAT(client.sent(), ElementsAre("DISCONNECT protocol error"));
}

TEST(ServerSession, AliasesCannotFillTheMemory) {
  Gateway gateway;
  Client client(gateway);
  client.open();
  PropertyWriter properties;
  properties.number(PropertyId::topic_alias, 1);
  client.give_packet(Publish{false, 0, false, std::string(limits::kAliasBytesMax + 1, 't'), 0, properties.view(), "x"});
  EXPECT_THAT(client.sent(), ElementsAre("DISCONNECT quota exceeded"));
}

TEST(ServerSession, In311ARefusedMessageEndsTheConnectionAfterWhatCameBeforeIsAnswered) {
  Gateway gateway;
  gateway.options.acl = {{"", *TopicPattern::parse("a/#"), AclRule::Access::allow}};
  Client client(gateway);
  client.open({.version = Version::v3_1_1});
  client.publish(1, "x");
  client.publish(2, "y", 1, false, "forbidden");
  client.publish(3, "z");
  EXPECT_FALSE(client.ended());
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBACK 1"));
  EXPECT_EQ(client.ended(), SessionEnd::Kind::not_permitted);
  EXPECT_THAT(gateway.payloads(), ElementsAre("x"));
}

TEST(ServerSession, AForbiddenMessageAtQos0IsDroppedAndCounted) {
  Gateway gateway;
  gateway.options.acl = {{"", *TopicPattern::parse("a/#"), AclRule::Access::allow}};
  Client client(gateway);
  client.open();
  client.publish(0, "x", 0, false, "forbidden");
  client.publish(0, "y", 0);
  gateway.commit();
  EXPECT_THAT(gateway.payloads(), ElementsAre("y"));
  EXPECT_EQ(client.session->take_refusals().not_permitted, 1u);
  EXPECT_FALSE(client.ended());
}

TEST(ServerSession, AnEventOverTheLimitsIsRefusedAndTheNextOneTaken) {
  Gateway gateway;
  Client client(gateway);
  client.open();
  client.publish(1, std::string(tidegate::limits::kEventDataBytesMax + 1, 'x'), 2);
  client.publish(2, "small", 2);
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBREC 1 quota exceeded", "PUBREC 2"));
  EXPECT_THAT(gateway.payloads(), ElementsAre("small"));
}

TEST(ServerSession, AGroupThatTheIntakeRefusesComesAgainOneByOne) {
  Gateway gateway;
  Client client(gateway);
  client.open();
  std::string both;
  encode(both, Version::v5, Publish{false, 1, false, "a", 1, {}, "x"});
  encode(both, Version::v5, Publish{false, 1, false, "a", 2, {}, "y"});
  client.give(both);
  gateway.commit(Admission::refused_invalid);
  EXPECT_THAT(client.sent(), IsEmpty());
  EXPECT_EQ(client.ended(), SessionEnd::Kind::resubmit);
  Client again(gateway);
  again.open();
  again.give(both);
  ASSERT_EQ(gateway.waiting.size(), 2u);
  gateway.commit(Admission::refused_invalid);
  EXPECT_THAT(again.sent(), ElementsAre("PUBACK 1 quota exceeded", "PUBACK 2 quota exceeded"));
}

TEST(ServerSession, AClientThatSendsFasterThanItsRateIsReadMoreSlowlyAndLosesNothing) {
  Gateway gateway;
  gateway.options.rate_limit = 10;
  Client client(gateway);
  client.open();
  std::string wire;
  for (int i = 0; i < 25; ++i) encode(wire, Version::v5, Publish{false, 0, false, "a", 0, {}, "x"});
  client.give(wire);
  gateway.commit();
  EXPECT_EQ(gateway.stored.size(), 10u);
  EXPECT_GT(client.session->rate_allows_at(), gateway.clock.steady());
  gateway.clock.advance(1s);
  client.give("");
  gateway.clock.advance(1s);
  client.give("");
  gateway.commit();
  EXPECT_EQ(gateway.stored.size(), 25u);
}

TEST(ServerSession, NothingLargerThanTheClientTakesIsSent) {
  Gateway gateway;
  Client client(gateway);
  client.open({.packet_max = 60});
  client.give_packet(mqtt::Subscribe{1, {}, {{"a"}}});
  EXPECT_THAT(client.sent(), IsEmpty());
  Client tiny(gateway);
  tiny.connect({.client_id = "tiny", .packet_max = 10});
  EXPECT_THAT(tiny.sent(), IsEmpty());
  EXPECT_TRUE(tiny.ended());
}

TEST(ServerSession, AClientThatWantsNoReasonsGetsNone) {
  Gateway gateway;
  for (const std::uint32_t wanted : {1u, 0u}) {
    PropertyWriter properties;
    properties.number(PropertyId::request_problem_information, wanted);
    mqtt::Connect hello;
    hello.clean_start = true;
    hello.properties = properties.view();
    hello.client_id = wanted == 1 ? "talks" : "keeps quiet";
    std::string wire;
    encode(wire, hello);
    Client client(gateway);
    client.give(wire);
    client.sent();
    client.give_packet(mqtt::Subscribe{1, {}, {{"a"}}});
    const bool has_words = client.session->output().find("subscribe at a broker") != std::string_view::npos;
    EXPECT_EQ(has_words, wanted == 1);
  }
}

TEST(ServerSession, NothingIsTakenAfterARefusal) {
  Gateway gateway;
  Client client(gateway);
  mqtt::Connect hello;
  hello.client_id = "pump";
  std::string wire;
  encode(wire, hello);
  encode(wire, Version::v5, Publish{false, 0, false, "a", 0, {}, "x"});
  const std::size_t done = client.session->receive(wire);
  client.session->turn_away(Reason::not_authorized, "");
  EXPECT_THAT(client.sent(), ElementsAre("CONNACK not authorized"));
  EXPECT_EQ(client.session->receive(wire.substr(done)), 0u);
  EXPECT_FALSE(client.session->take_submission());
}

TEST(ServerSession, ASessionThatIsKeptIsAcknowledgedWhenItIsOnDisk) {
  Gateway gateway;
  Client client(gateway);
  client.connect(kKept);
  EXPECT_THAT(client.sent(), IsEmpty());
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("CONNACK"));
  EXPECT_EQ(gateway.state.size(), 1u);
}

TEST(ServerSession, ASessionThatEndsWithItsConnectionLeavesNothingOnDisk) {
  Gateway gateway;
  Client client(gateway);
  client.open();
  client.publish(1, "x", 2);
  gateway.commit();
  client.vanish();
  gateway.commit();
  EXPECT_THAT(gateway.state, IsEmpty());
  EXPECT_EQ(gateway.book->size(), 0u);
}

}  // namespace
}  // namespace tidegate::mqtt_listener
