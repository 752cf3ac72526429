#include "tests/unit/mqtt_listener/session_rig.h"

namespace tidegate::mqtt_listener {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

mqtt::Will will_of(std::string_view topic) { return {1, true, {}, topic, "gone"}; }

TEST(Will, BecomesAnEventWhenTheClientVanishes) {
  Gateway gateway;
  Client client(gateway);
  client.open({.will = will_of("state/pump")});
  client.vanish();
  gateway.commit();
  ASSERT_THAT(gateway.payloads(), ElementsAre("gone"));
  EXPECT_EQ(gateway.stored[0].subject, "state/pump");
  EXPECT_THAT(gateway.stored[0].attributes, Contains(Pair("will", "true")));
  EXPECT_EQ(*gateway.setup->will_bytes, 0u);
}

TEST(Will, IsForgottenWhenTheClientSaysGoodbye) {
  Gateway gateway;
  Client client(gateway);
  client.open({.will = will_of("state/pump")});
  client.say_goodbye();
  client.vanish();
  gateway.commit();
  EXPECT_THAT(gateway.stored, IsEmpty());
}

TEST(Will, IsKeptWhenTheClientAsksForThat) {
  Gateway gateway;
  Client client(gateway);
  client.open({.will = will_of("state/pump")});
  client.say_goodbye(Reason::disconnect_with_will);
  client.vanish();
  gateway.commit();
  EXPECT_THAT(gateway.payloads(), ElementsAre("gone"));
}

TEST(Will, BecomesAnEventWhenTheClientIsSilentOrBreaksTheProtocol) {
  Gateway gateway;
  Client silent(gateway);
  silent.open({.client_id = "a", .keep_alive = 1, .will = will_of("a")});
  gateway.clock.advance(2s);
  silent.session->tick();
  silent.vanish();
  Client rude(gateway);
  rude.open({.client_id = "b", .will = will_of("b")});
  rude.give("\xF0\xFF\xFF\xFF\xFF\xFF");
  rude.vanish();
  gateway.commit();
  EXPECT_THAT(gateway.payloads(), ElementsAre("gone", "gone"));
}

TEST(Will, SaysNothingAboutTheClientsOfAGatewayThatStops) {
  Gateway gateway;
  Client client(gateway);
  client.open({.will = will_of("state/pump")});
  client.session->leave(SessionEnd::Kind::stopping, Reason::server_shutting_down, "");
  EXPECT_THAT(client.sent(), ElementsAre("DISCONNECT server shutting down"));
  client.vanish();
  gateway.commit();
  EXPECT_THAT(gateway.stored, IsEmpty());
}

TEST(Will, WaitsForItsDelayAndIsForgottenWhenTheClientComesBack) {
  Gateway gateway;
  PropertyWriter delay;
  delay.number(PropertyId::will_delay_interval, 30);
  mqtt::Will will = will_of("state/pump");
  will.properties = delay.view();
  const Hello hello{.client_id = "pump", .clean = false, .expiry = 3600, .will = will};
  Client first(gateway);
  first.open(hello);
  first.vanish();
  gateway.clock.advance(29s);
  gateway.expire();
  gateway.commit();
  EXPECT_THAT(gateway.stored, IsEmpty());
  Client second(gateway);
  second.open(hello);
  gateway.clock.advance(100s);
  gateway.expire();
  EXPECT_THAT(gateway.stored, IsEmpty());
  second.vanish();
  gateway.clock.advance(30s);
  gateway.expire();
  EXPECT_THAT(gateway.payloads(), ElementsAre("gone"));
}

TEST(Will, ComesNoLaterThanTheEndOfTheSession) {
  Gateway gateway;
  PropertyWriter delay;
  delay.number(PropertyId::will_delay_interval, 30);
  mqtt::Will will = will_of("state/pump");
  will.properties = delay.view();
  Client brief(gateway);
  brief.open({.client_id = "brief", .will = will});
  brief.vanish();
  gateway.commit();
  EXPECT_THAT(gateway.payloads(), ElementsAre("gone"));
  Client kept(gateway);
  kept.open({.client_id = "kept", .clean = false, .expiry = 3600, .will = will});
  kept.vanish();
  gateway.commit();
  Client fresh(gateway);  // a clean start ends the session that the will belongs to
  fresh.open({.client_id = "kept"});
  EXPECT_THAT(gateway.payloads(), ElementsAre("gone", "gone"));
}

TEST(Will, OfAClientThatMayNotPublishItIsRefused) {
  Gateway gateway;
  gateway.options.acl = {{"", *TopicPattern::parse("a/%c/#"), AclRule::Access::allow}};
  Client bad(gateway);
  bad.connect({.will = will_of("b")});
  EXPECT_THAT(bad.sent(), ElementsAre("CONNACK not authorized"));
  EXPECT_EQ(*gateway.setup->will_bytes, 0u);
  Client good(gateway);
  good.open({.will = will_of("a/pump/state")});
}

TEST(Will, CannotFillTheMemory) {
  Gateway gateway;
  *gateway.setup->will_bytes = limits::kWillBytesMax;
  Client client(gateway);
  client.connect({.will = will_of("a")});
  EXPECT_THAT(client.sent(), ElementsAre("CONNACK quota exceeded"));
}

}  // namespace
}  // namespace tidegate::mqtt_listener
