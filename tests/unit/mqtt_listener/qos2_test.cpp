#include "tests/unit/mqtt_listener/session_rig.h"

namespace tidegate::mqtt_listener {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Hello kKept{.client_id = "pump", .clean = false, .expiry = 3600};

TEST(Qos2, AMessageIsStoredOnceAndReleasedOnDisk) {
  Gateway gateway;
  Client client(gateway);
  client.open(kKept);
  client.publish(7, "x", 2);
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBREC 7"));
  EXPECT_EQ(gateway.state.size(), 2u);
  client.release(7);
  EXPECT_THAT(client.sent(), IsEmpty());
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBCOMP 7"));
  EXPECT_EQ(gateway.state.size(), 1u);
  EXPECT_THAT(gateway.payloads(), ElementsAre("x"));
}

TEST(Qos2, ARedeliveryAfterARestartIsNotStoredAgain) {
  Gateway gateway;
  {
    Client client(gateway);
    client.open(kKept);
    client.publish(7, "x", 2);
    gateway.commit();
  }
  gateway.restart();
  Client client(gateway);
  client.connect(kKept);
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("CONNACK present"));
  client.publish(7, "x", 2, true);
  gateway.commit();
  client.release(7);
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBREC 7", "PUBCOMP 7"));
  EXPECT_THAT(gateway.payloads(), ElementsAre("x"));
  EXPECT_EQ(gateway.repeats, 1u);
}

TEST(Qos2, AMessageThatACrashTookIsStoredWhenItComesAgain) {
  Gateway gateway;
  Client before(gateway);
  before.open(kKept);
  before.publish(7, "x", 2);
  gateway.restart();
  Client client(gateway);
  client.open(kKept);
  client.publish(7, "x", 2, true);
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBREC 7"));
  EXPECT_THAT(gateway.payloads(), ElementsAre("x"));
}

TEST(Qos2, ANewConnectionIsServedOnceTheReceiptsOfTheOldOneHaveCome) {
  Gateway gateway;
  Client first(gateway);
  first.open(kKept);
  first.publish(7, "x", 2);
  first.vanish();
  Client second(gateway);
  second.connect(kKept);
  second.publish(7, "x", 2, true);
  EXPECT_THAT(second.sent(), IsEmpty());
  gateway.commit();
  EXPECT_THAT(second.sent(), ElementsAre("CONNACK present"));
  second.give("");
  gateway.commit();
  EXPECT_THAT(second.sent(), ElementsAre("PUBREC 7"));
  EXPECT_THAT(gateway.payloads(), ElementsAre("x"));
}

TEST(Qos2, NothingIsAnsweredBeforeConnack) {
  Gateway gateway;
  Client client(gateway);
  client.connect(kKept);
  client.give(std::string("\xC0\x00", 2));
  client.session->leave(SessionEnd::Kind::taken_over, Reason::session_taken_over, "");
  EXPECT_THAT(client.sent(), IsEmpty());
}

TEST(Qos2, APacketIdWithOtherContentIsAnotherMessage) {
  Gateway gateway;
  Client first(gateway);
  first.open(kKept);
  first.publish(1, "x", 2);
  gateway.commit();
  first.vanish();
  Client second(gateway);  // has forgotten that 1 is open
  second.open(kKept);
  second.publish(1, "y", 2);
  gateway.commit();
  EXPECT_THAT(second.sent(), ElementsAre("PUBREC 1"));
  EXPECT_THAT(gateway.payloads(), ElementsAre("x", "y"));
}

TEST(Qos2, AMessageThatIsNotMarkedAsSentBeforeIsNewOnANewConnection) {
  Gateway gateway;
  Client first(gateway);
  first.open(kKept);
  first.publish(1, "on", 2);
  gateway.commit();
  first.vanish();
  Client second(gateway);
  second.open(kKept);
  second.publish(1, "on", 2, false);
  gateway.commit();
  EXPECT_THAT(gateway.payloads(), ElementsAre("on", "on"));
}

TEST(Qos2, AReleaseOfNothingIsAnsweredSo) {
  Gateway gateway;
  Client client(gateway);
  client.open(kKept);
  client.release(9);
  EXPECT_THAT(client.sent(), ElementsAre("PUBCOMP 9 packet identifier not found"));
}

TEST(Qos2, AReleaseThatComesTwiceIsAnsweredTwiceAfterItsReceipt) {
  Gateway gateway;
  Client client(gateway);
  client.open(kKept);
  client.publish(7, "x", 2);
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBREC 7"));
  client.release(7);
  client.release(7);
  EXPECT_THAT(client.sent(), IsEmpty());
  gateway.commit();
  EXPECT_THAT(client.sent(), ElementsAre("PUBCOMP 7", "PUBCOMP 7"));
  EXPECT_EQ(gateway.state.size(), 1u);
}

TEST(Qos2, AReleaseThatACrashTookIsDoneWhenItComesAgain) {
  Gateway gateway;
  Client first(gateway);
  first.open(kKept);
  first.publish(7, "x", 2);
  gateway.commit();
  first.release(7);
  gateway.restart();
  Client second(gateway);
  second.open(kKept);
  second.release(7);
  gateway.commit();
  EXPECT_THAT(second.sent(), ElementsAre("PUBCOMP 7"));
  EXPECT_EQ(gateway.state.size(), 1u);
}

TEST(Qos2, TheIdIsFreeForANewMessageOnceReleased) {
  Gateway gateway;
  Client client(gateway);
  client.open(kKept);
  for (int round = 0; round < 2; ++round) {
    client.publish(7, "same", 2);
    gateway.commit();
    client.release(7);
    gateway.commit();
  }
  EXPECT_THAT(gateway.payloads(), ElementsAre("same", "same"));
}

TEST(Qos2, ACleanStartForgetsWhatWasOpen) {
  Gateway gateway;
  Client first(gateway);
  first.open(kKept);
  first.publish(7, "x", 2);
  gateway.commit();
  first.vanish();
  Client second(gateway);
  second.connect({.client_id = "pump", .clean = true});
  gateway.commit();
  EXPECT_THAT(second.sent(), ElementsAre("CONNACK"));
  EXPECT_THAT(gateway.state, IsEmpty());
  second.publish(7, "x", 2, true);
  gateway.commit();
  EXPECT_THAT(gateway.payloads(), ElementsAre("x", "x"));
}

TEST(Qos2, ASessionIsForgottenWhenItExpires) {
  Gateway gateway;
  Client first(gateway);
  first.open(kKept);
  first.publish(7, "x", 2);
  gateway.commit();
  first.vanish();
  gateway.commit();
  gateway.clock.advance(3599s);
  gateway.expire();
  EXPECT_EQ(gateway.state.size(), 2u);
  gateway.clock.advance(1s);
  gateway.expire();
  EXPECT_THAT(gateway.state, IsEmpty());
  EXPECT_EQ(gateway.book->kept(), 0u);
}

TEST(Qos2, TheTimeASessionHasLeftSurvivesARestart) {
  Gateway gateway;
  Client first(gateway);
  first.open(kKept);
  first.vanish();
  gateway.commit();
  gateway.clock.advance(3000s);
  gateway.restart();
  gateway.clock.advance(600s);
  gateway.expire();
  EXPECT_THAT(gateway.state, IsEmpty());
}

TEST(Qos2, ASessionInUseDuringACrashHasItsWholeTimeAgain) {
  Gateway gateway;
  Client first(gateway);
  first.open(kKept);
  gateway.clock.advance(3000s);
  gateway.restart();
  gateway.clock.advance(3000s);
  Client second(gateway);
  second.connect(kKept);
  gateway.commit();
  EXPECT_THAT(second.sent(), ElementsAre("CONNACK present"));
}

TEST(Qos2, ASessionLivesNoLongerThanTheListenerAllows) {
  Gateway gateway;
  gateway.options.session_expiry_max = 60s;
  Client client(gateway);
  client.open(kKept);
  EXPECT_EQ(mqtt::Properties(client.connack_properties).number(PropertyId::session_expiry_interval, 0), 60u);
}

TEST(Qos2, DisconnectMayShortenTheSessionButNotBringOneAbout) {
  Gateway gateway;
  PropertyWriter none;
  none.number(PropertyId::session_expiry_interval, 0);
  PropertyWriter hour;
  hour.number(PropertyId::session_expiry_interval, 3600);
  Client client(gateway);
  client.open(kKept);
  client.give_packet(mqtt::Disconnect{Reason::success, none.view()});
  client.vanish();
  gateway.commit();
  EXPECT_THAT(gateway.state, IsEmpty());
  Client other(gateway);
  other.open();
  other.give_packet(mqtt::Disconnect{Reason::success, hour.view()});
  EXPECT_THAT(other.sent(), ElementsAre("DISCONNECT protocol error"));
}

TEST(Qos2, OneSessionTooManyIsRefused) {
  Gateway gateway;
  gateway.options.max_sessions = 1;
  gateway.restart();
  Client first(gateway);
  first.open(kKept);
  Client second(gateway);
  second.connect({.client_id = "other", .clean = false, .expiry = 60});
  EXPECT_THAT(second.sent(), ElementsAre("CONNACK quota exceeded"));
  Client third(gateway);
  third.open({.client_id = "third"});
}

TEST(Qos2, AStopOfTheGatewayLeavesTheMessageToComeAgain) {
  Gateway gateway;
  Client first(gateway);
  first.open(kKept);
  first.publish(7, "x", 2);
  gateway.commit(Admission::stopping);
  EXPECT_THAT(first.sent(), IsEmpty());
  gateway.restart();
  Client second(gateway);
  second.open(kKept);
  second.publish(7, "x", 2, true);
  gateway.commit();
  EXPECT_THAT(gateway.payloads(), ElementsAre("x"));
}

}  // namespace
}  // namespace tidegate::mqtt_listener
