// The sink in front of a broker that does to it what a real one does only by accident.

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/receiver/test_certs.h"
#include "tests/unit/mqtt_sink/sink_fixture.h"

namespace tidegate::test {
namespace {

using mqtt::PropertyId;
using mqtt::PropertyWriter;
using mqtt::Reason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Of a broker that takes so many publishes at once and answers none.
BrokerScript unanswering(std::uint16_t receive_maximum) {
  PropertyWriter properties;
  properties.number(PropertyId::receive_maximum, receive_maximum);
  BrokerScript script = taking();
  script.connack_properties = properties.view().encoded();
  script.answers_publish = false;
  return script;
}

class EveryQosAndVersion : public ::testing::TestWithParam<std::tuple<int, std::string>> {};

TEST_P(EveryQosAndVersion, EventsLeaveInOrderAndAreDelivered) {
  const auto& [qos, version] = GetParam();
  ScriptedBroker broker(taking());
  SinkUnderTest sink(broker.uri(), "version: " + version + "\nretain: true\nqos: " + std::to_string(qos));
  EXPECT_EQ(fates(sink.send(sink.batch({"a", "b", "c"}, 60)), 60), std::string(60, 'd'));
  ASSERT_TRUE(broker.wait(within(kPatience), [&] { return publishes(broker).size() == 60; }));
  const auto seen = publishes(broker);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].payload, std::to_string(i + 1));
    EXPECT_EQ(seen[i].text, std::string(1, "abc"[i % 3]));
    EXPECT_EQ(seen[i].qos, qos);
    EXPECT_TRUE(seen[i].retain);
    EXPECT_FALSE(seen[i].dup);
  }
  EXPECT_EQ(broker.client_fault(), "");
}

INSTANTIATE_TEST_SUITE_P(Scripted, EveryQosAndVersion,
                         ::testing::Combine(::testing::Values(0, 1, 2), ::testing::Values("5", "3.1.1")));

TEST(MqttSink, ConnectsCleanUnderANameOfItsOwn) {
  ScriptedBroker broker(taking());
  SinkUnderTest sink(broker.uri(), "");
  ASSERT_TRUE(sink->connect(within(kPatience), {}));
  SinkUnderTest named(broker.uri(), "client_id: 'x-{route}-y'");
  ASSERT_TRUE(named->connect(within(kPatience), {}));
  std::vector<std::string> ids;
  for (const SeenPacket& packet : broker.seen()) {
    if (packet.type != mqtt::PacketType::connect) continue;
    ids.push_back(packet.text);
    EXPECT_TRUE(packet.clean_start);
    EXPECT_EQ(packet.version, mqtt::Version::v5);
  }
  EXPECT_THAT(ids, ElementsAre("gw-all-out", "x-all-y"));
}

TEST(MqttSink, EachRefusalIsOfTheEventItRefuses) {
  BrokerScript script = taking();
  script.publish_answers = {
      {"none-listens", Reason::no_matching_subscribers}, {"forbidden", Reason::not_authorized},
      {"bad-topic", Reason::topic_name_invalid},         {"bad-payload", Reason::payload_format_invalid},
      {"too-large", Reason::packet_too_large},           {"some-error", Reason::unspecified_error}};
  const std::vector<std::string> subjects = {"good",        "none-listens", "forbidden",  "bad-topic",
                                             "bad-payload", "too-large",    "some-error", "good"};
  for (const int qos : {1, 2}) {
    ScriptedBroker broker(script);
    SinkUnderTest sink(broker.uri(), "qos: " + std::to_string(qos));
    const Settled settled = sink.send(sink.batch(subjects));
    EXPECT_EQ(fates(settled, subjects.size()), "ddxxxxrd");
    EXPECT_EQ(settled.cause, Cause::none);
    EXPECT_THAT(settled.outcomes.at(2).reason, HasSubstr("not authorized (0x87)"));
    EXPECT_EQ(broker.client_fault(), "");
  }
}

TEST(MqttSink, AFullQuotaThrottlesTheLaneAndKeepsTheOrderOfItsTopic) {
  BrokerScript script = taking();
  script.publish_answers = {{"full", Reason::quota_exceeded}};
  ScriptedBroker broker(script);
  SinkUnderTest sink(broker.uri(), "topic: '{type}'");
  Batch batch = sink.batch({"key", "key", "other"});
  const_cast<OutEvent*>(batch.events[0])->event.type = "full";
  const Settled settled = sink.send(batch);
  EXPECT_EQ(fates(settled, 3), "rud");
  EXPECT_EQ(settled.cause, Cause::throttled);
}

TEST(MqttSink, AnEventWithoutATopicIsRejectedAloneAndNotSent) {
  ScriptedBroker broker(taking());
  SinkUnderTest sink(broker.uri(), "topic: 'x/{site}'");
  Batch batch = sink.batch({"a", "b"});
  const_cast<OutEvent*>(batch.events[1])->captures = {{"site", "s"}};
  const Settled settled = sink.send(batch);
  EXPECT_EQ(fates(settled, 2), "xd");
  EXPECT_THAT(settled.outcomes.at(0).reason, HasSubstr("{site}"));
  EXPECT_THAT(publishes(broker).size(), 1u);
}

TEST(MqttSink, WhatIsLargerThanTheBrokerTakesIsRejectedAndNotSent) {
  PropertyWriter properties;
  properties.number(PropertyId::maximum_packet_size, 200);
  BrokerScript script = taking();
  script.connack_properties = properties.view().encoded();
  ScriptedBroker broker(script);
  SinkUnderTest sink(broker.uri(), "");
  Batch batch = sink.batch({"a", "b"});
  sink.last_event().event.data.assign(200, 'x');
  const Settled settled = sink.send(batch);
  EXPECT_EQ(fates(settled, 2), "dx");
  EXPECT_THAT(settled.outcomes.at(1).reason, HasSubstr("the broker takes 200"));
  EXPECT_EQ(publishes(broker).size(), 1u);
}

TEST(MqttSink, NoMoreIsOpenThanTheBrokersReceiveMaximum) {
  ScriptedBroker broker(unanswering(5));
  SinkUnderTest sink(broker.uri(), "ack_timeout: 500ms");
  sink->submit(sink.batch({"a"}, 20));
  const Settled settled = sink.settled();  // after the silence: until then no sixth may come
  EXPECT_EQ(fates(settled, 20), std::string(5, 'u') + std::string(15, 'r'));
  EXPECT_THAT(settled.outcomes.at(0).reason, HasSubstr("acknowledged nothing for 500 ms"));
  EXPECT_EQ(publishes(broker).size(), 5u);
}

TEST(MqttSink, ABrokerThatTakesLessThanTheConfigWantsIsSaidSo) {
  PropertyWriter qos;
  qos.number(PropertyId::maximum_qos, 0);
  PropertyWriter retain;
  retain.number(PropertyId::retain_available, 0);
  BrokerScript script = taking();
  script.connack_properties = qos.view().encoded();
  ScriptedBroker broker(script);
  SinkUnderTest sink(broker.uri(), "retain: true");
  const Settled refused = sink.send(sink.batch({"a"}));
  EXPECT_EQ(refused.cause, Cause::peer_down);
  EXPECT_THAT(refused.outcomes.at(0).reason, HasSubstr("QoS 0 at most"));
  broker.change([&](BrokerScript& s) { s.connack_properties = retain.view().encoded(); });
  EXPECT_THAT(sink.send(sink.batch({"a"})).outcomes.at(0).reason, HasSubstr("does not retain"));
  broker.change([&](BrokerScript& s) { s.connack_properties.clear(); });
  EXPECT_EQ(fates(sink.send(sink.batch({"a"})), 1), "d");
  EXPECT_EQ(publishes(broker).size(), 1u);
}

TEST(MqttSink, ABrokenConnectionLeavesWhatIsOpenUnknownAndTheNextBatchConnectsAgain) {
  BrokerScript script = taking();
  script.answers_publish = false;
  ScriptedBroker broker(script);
  SinkUnderTest sink(broker.uri(), "");
  sink->submit(sink.batch({"a", "b"}));
  ASSERT_TRUE(sink->wait(within(milliseconds{0}), {}).empty());
  ASSERT_TRUE(sink->connect(within(kPatience), {}));
  ASSERT_TRUE(broker.wait(within(kPatience), [&] { return publishes(broker).size() == 2; }));
  broker.drop();
  const Settled settled = sink.settled();
  EXPECT_EQ(fates(settled, 2), "uu");
  EXPECT_EQ(settled.cause, Cause::peer_down);
  broker.change([](BrokerScript& s) { s.answers_publish = true; });
  // Paho ends the publishes before it tells of the loss: a batch in between is certainly not sent.
  const Batch next = sink.batch({"c"});
  Settled after = sink.send(next);
  if (fates(after, 1) == "r") {
    EXPECT_THAT(after.outcomes.at(0).reason, HasSubstr("not sent: lost the connection"));
    after = sink.send(next);
  }
  EXPECT_EQ(fates(after, 1), "d") << after.outcomes.at(0).reason;
  // Nothing is sent again but by the lane.
  std::vector<std::string> topics;
  for (const SeenPacket& packet : publishes(broker)) topics.push_back(packet.text);
  EXPECT_THAT(topics, ElementsAre("a", "b", "c"));
  EXPECT_EQ(broker.connections(), 2u);
}

TEST(MqttSink, TheBrokersGoodbyeSaysWhy) {
  BrokerScript script = taking();
  script.answers_publish = false;
  ScriptedBroker broker(script);
  SinkUnderTest sink(broker.uri(), "");
  ASSERT_TRUE(sink->connect(within(kPatience), {}));
  broker.disconnect(Reason::session_taken_over);
  ASSERT_TRUE(broker.wait(within(kPatience), [&] { return !broker.connected(); }));
  broker.change([](BrokerScript& s) { s.connect_answer = Reason::server_busy; });
  const Settled settled = sink.send(sink.batch({"a"}));
  EXPECT_EQ(settled.cause, Cause::peer_down);
  EXPECT_THAT(settled.outcomes.at(0).reason,
              ::testing::AnyOf(HasSubstr("server busy"), HasSubstr("session taken over")));
}

TEST(MqttSink, TheBrokersGoodbyeSaysWhyToWhatIsOpenAndToWhatWaits) {
  ScriptedBroker broker(unanswering(1));
  SinkUnderTest sink(broker.uri(), "");
  ASSERT_TRUE(sink->connect(within(kPatience), {}));
  sink->submit(sink.batch({"a", "b"}));
  ASSERT_TRUE(broker.wait(within(kPatience), [&] { return publishes(broker).size() == 1; }));
  broker.disconnect(Reason::session_taken_over);
  const Settled settled = sink.settled();
  EXPECT_EQ(fates(settled, 2), "ur");
  EXPECT_EQ(settled.cause, Cause::peer_down);
  EXPECT_THAT(settled.outcomes.at(0).reason, HasSubstr("ended the connection: session taken over"));
  EXPECT_THAT(settled.outcomes.at(1).reason, HasSubstr("not sent: "));
  EXPECT_THAT(settled.outcomes.at(1).reason, HasSubstr("ended the connection: session taken over"));
}

TEST(MqttSink, ARefusedCredentialIsReadAgainFromItsFile) {
  const TempDir dir;
  write_file(dir / "password", "old\n");
  BrokerScript script = taking();
  script.connect_answer = Reason::bad_user_name_or_password;
  for (const char* version : {"5", "3.1.1"}) {
    ScriptedBroker broker(script);
    SinkUnderTest sink(broker.uri(),
                       std::string("version: ") + version + "\nuser: u\npassword_file: " + (dir / "password").string());
    const Settled settled = sink.send(sink.batch({"a"}));
    EXPECT_EQ(fates(settled, 1), "r");
    EXPECT_EQ(settled.cause, version[0] == '5' ? Cause::unauthorized : settled.cause);
    EXPECT_THAT(settled.outcomes.at(0).reason, HasSubstr("refuses the connection"));
    EXPECT_FALSE(sink->refresh_credentials());
    write_file(dir / "password", std::string("new for ") + version + "\n");
    EXPECT_TRUE(sink->refresh_credentials());
    broker.change([](BrokerScript& s) { s.connect_answer = Reason::success; });
    EXPECT_EQ(fates(sink.send(sink.batch({"a"})), 1), "d");
  }
}

TEST(MqttSink, ABrokerThatKnowsOnlyMqtt311IsSpokenToInIt) {
  for (const bool closes : {false, true}) {
    BrokerScript script = taking();
    script.old = !closes;
    script.closes_on_mqtt5 = closes;
    ScriptedBroker broker(script);
    SinkUnderTest sink(broker.uri(), "");
    const Settled settled = sink.send(sink.batch({"a"}));
    EXPECT_EQ(fates(settled, 1), "d") << closes << settled.outcomes.at(0).reason;
    EXPECT_EQ(broker.seen().back().version, mqtt::Version::v3_1_1);
    SinkUnderTest strict(broker.uri(), "version: 5");
    EXPECT_EQ(fates(strict.send(strict.batch({"a"})), 1), "r") << closes;
  }
}

TEST(MqttSink, ABrokerThatDoesNotAnswerInTimeIsDown) {
  BrokerScript script = taking();
  script.answers_connect = false;
  ScriptedBroker broker(script);
  SinkUnderTest sink(broker.uri(), "connect_timeout: 200ms");
  const Settled settled = sink.send(sink.batch({"a"}));
  EXPECT_EQ(fates(settled, 1), "r");
  EXPECT_EQ(settled.cause, Cause::peer_down);
  EXPECT_THAT(settled.outcomes.at(0).reason, HasSubstr("within 200 ms"));
}

TEST(MqttSink, ABrokerThatStopsReadingIsGivenUpAtQos0Too) {
  ScriptedBroker broker(taking());
  SinkUnderTest sink(broker.uri(), "qos: 0\nack_timeout: 500ms");
  ASSERT_TRUE(sink->connect(within(kPatience), {}));
  broker.stall(true);
  Batch batch = sink.batch({"a"}, 5);
  for (const OutEvent* event : batch.events) const_cast<OutEvent*>(event)->event.data.assign(4u << 20, 'x');
  const Settled settled = sink.send(batch);
  EXPECT_NE(fates(settled, 5).find('u'), std::string::npos);
  broker.stall(false);
  EXPECT_EQ(fates(sink.send(sink.batch({"a"})), 1), "d");
}

TEST(MqttSink, SeveralBatchesAreSettledAsTheyEnd) {
  ScriptedBroker broker(taking());
  SinkUnderTest sink(broker.uri(), "");
  std::size_t ended = 0;
  for (int i = 0; i < 16; ++i) sink->submit(sink.batch({"a", "b"}, 100));
  const Deadline deadline = within(kPatience);
  while (ended < 16 && SystemClock().steady() < deadline.at) {
    for (const Settled& one : sink->wait(deadline, {})) {
      EXPECT_EQ(one.id.value, ++ended);
      EXPECT_EQ(fates(one, 100), std::string(100, 'd'));
    }
  }
  EXPECT_EQ(ended, 16u);
}

TEST(MqttSink, WhatABrokerSendsUnaskedIsDropped) {
  ScriptedBroker broker(taking());
  SinkUnderTest sink(broker.uri(), "");
  ASSERT_TRUE(sink->connect(within(kPatience), {}));
  std::string bytes;
  mqtt::Publish unasked;
  unasked.topic = "a";
  unasked.payload = "x";
  for (int i = 0; i < 100; ++i) mqtt::encode(bytes, mqtt::Version::v5, unasked);
  broker.send_raw(bytes);
  EXPECT_EQ(fates(sink.send(sink.batch({"a"})), 1), "d");
}

class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(certs_) << certs_.error().message;
    ASSERT_TRUE(strangers_) << strangers_.error().message;
    script_ = taking();
    script_.cert = certs_->server_cert;
    script_.key = certs_->server_key;
  }
  std::string ca(const testing::TestCerts& certs, const std::string& more = "") const {
    return "tls: { ca_file: " + certs.ca_cert.string() + more + " }";
  }
  TempDir dir_;
  Result<testing::TestCerts> certs_ = testing::make_test_certs(dir_ / "ours");
  Result<testing::TestCerts> strangers_ = testing::make_test_certs(dir_ / "theirs");
  BrokerScript script_;
};

TEST_F(Tls, TheBrokersCertificateIsChecked) {
  ScriptedBroker broker(script_);
  SinkUnderTest trusting(broker.uri(), ca(*certs_));
  EXPECT_EQ(fates(trusting.send(trusting.batch({"a"})), 1), "d");
  SinkUnderTest wary(broker.uri(), ca(*strangers_));
  const Settled refused = wary.send(wary.batch({"a"}));
  EXPECT_EQ(fates(refused, 1), "r");
  EXPECT_THAT(refused.outcomes.at(0).reason, HasSubstr("certificate"));
  SinkUnderTest careless(broker.uri(), "tls: { insecure_skip_verify: true }");
  EXPECT_EQ(fates(careless.send(careless.batch({"a"})), 1), "d");
}

TEST_F(Tls, TheCertificateMustCarryTheBrokersName) {
  const auto other = testing::make_test_certs(dir_ / "other-name", "DNS:broker.example");
  ASSERT_TRUE(other);
  script_.cert = other->server_cert;
  script_.key = other->server_key;
  ScriptedBroker broker(script_);
  SinkUnderTest sink(broker.uri(), ca(*other));
  EXPECT_EQ(fates(sink.send(sink.batch({"a"})), 1), "r");
  EXPECT_TRUE(publishes(broker).empty());
}

TEST_F(Tls, TheGatewaysCertificateAndProtocolAreShown) {
  script_.client_ca = certs_->ca_cert;
  script_.alpn = "mqtt";
  ScriptedBroker broker(script_);
  const std::string own = ", cert_file: " + certs_->client_cert.string() + ", key_file: " + certs_->client_key.string();
  SinkUnderTest known(broker.uri(), ca(*certs_, own));
  EXPECT_EQ(fates(known.send(known.batch({"a"})), 1), "d");
  SinkUnderTest nobody(broker.uri(), ca(*certs_));
  EXPECT_EQ(fates(nobody.send(nobody.batch({"a"})), 1), "r");
  SinkUnderTest other_protocol(broker.uri(), ca(*certs_, own + ", alpn: x-other"));
  EXPECT_EQ(fates(other_protocol.send(other_protocol.batch({"a"})), 1), "r");
}

}  // namespace
}  // namespace tidegate::test
