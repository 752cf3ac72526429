#include <gmock/gmock.h>

#include <map>
#include <set>

#include "connectors/mqtt/limits.h"
#include "tests/support/broker/scripted_broker.h"
#include "tests/support/process/marker.h"
#include "tests/support/receiver/test_certs.h"
#include "tests/unit/mqtt/source_fixture.h"

namespace tidegate::test {
namespace {

using mqtt::PacketType;
using mqtt::Reason;
using ::testing::HasSubstr;

constexpr auto kSubscribe = "subscribe: [ { topic: 'sensors/#', qos: 2 } ]\n";

class MqttSource : public WithSource {
 protected:
  void connect(const std::string& more = "") {
    make_source(broker_.uri(), kSubscribe + more);
    ASSERT_TRUE(reaches(HealthState::ok)) << rig_.health().detail;
  }
  void publish(int n, std::uint8_t qos = 1) {
    for (int i = 0; i < n; ++i) broker_.publish({"sensors/a", "x" + std::to_string(i), qos, false, ""});
  }
  std::size_t acks() { return broker_.count(PacketType::puback); }

  ScriptedBroker broker_;
};

TEST_F(MqttSource, AcknowledgesNothingBeforeTheReceiptAndInOrderAfterIt) {
  connect();
  intake_.hold(true);
  publish(50);
  ASSERT_TRUE(intake_.wait(patience(), [&] { return intake_.held_events() == 50; }));
  EXPECT_EQ(acks(), 0u);
  intake_.commit();
  ASSERT_TRUE(broker_.wait(patience(), [&] { return acks() == 50; }));
  std::uint16_t last = 0;
  for (const SeenPacket& packet : broker_.seen()) {
    if (packet.type != PacketType::puback) continue;
    EXPECT_EQ(packet.packet_id, ++last);
  }
}

TEST_F(MqttSource, AsksForAPersistentSessionUnderTheGatewaysId) {
  connect();
  const SeenPacket connect_packet = broker_.seen().at(0);
  EXPECT_EQ(connect_packet.text, "gw");
  EXPECT_FALSE(connect_packet.clean_start);
  EXPECT_EQ(connect_packet.version, mqtt::Version::v5);
}

TEST_F(MqttSource, FallsBackToMqtt3WhenTheBrokerSaysItIsOld) {
  broker_.change([](BrokerScript& s) { s.old = true; });
  connect();
  EXPECT_THAT(rig_.health().detail, HasSubstr("3.1.1"));
  // It was told: the next connection does not try MQTT 5 again.
  broker_.drop();
  ASSERT_TRUE(broker_.wait(patience(), [&] { return broker_.connections() == 3; }));
  EXPECT_EQ(broker_.seen().back().version, mqtt::Version::v3_1_1);
}

TEST_F(MqttSource, FallsBackToMqtt3WhenTheBrokerClosesOnConnect) {
  broker_.change([](BrokerScript& s) { s.closes_on_mqtt5 = true; });
  connect();
  publish(3);
  EXPECT_TRUE(receives(3));
}

TEST_F(MqttSource, DoesNotFallBackWhenTheConfigSaysMqtt5) {
  broker_.change([](BrokerScript& s) { s.old = true; });
  make_source(broker_.uri(), std::string(kSubscribe) + "version: 5\n");
  EXPECT_TRUE(reaches(HealthState::alarm, "unsupported protocol version")) << rig_.health().detail;
}

TEST_F(MqttSource, ARefusedLoginIsAnAlarmThatEndsWhenTheBrokerAccepts) {
  broker_.change([](BrokerScript& s) { s.connect_answer = Reason::not_authorized; });
  make_source(broker_.uri(), kSubscribe);
  EXPECT_TRUE(reaches(HealthState::alarm, "not authorized")) << rig_.health().detail;
  broker_.change([](BrokerScript& s) { s.connect_answer = Reason::success; });
  EXPECT_TRUE(reaches(HealthState::ok));
}

TEST_F(MqttSource, ARefusedSubscriptionIsReportedByTopicAndTheOthersGoOn) {
  broker_.change([](BrokerScript& s) { s.refused_filters["secret/#"] = Reason::not_authorized; });
  make_source(broker_.uri(), "subscribe: [ 'secret/#', 'sensors/#' ]\n");
  ASSERT_TRUE(reaches(HealthState::alarm, "\"secret/#\" (not authorized)")) << rig_.health().detail;
  publish(1);
  EXPECT_TRUE(receives(1));
}

TEST_F(MqttSource, SaysWhyTheBrokerEndedTheConnectionAndComesBack) {
  connect();
  broker_.change([](BrokerScript& s) { s.answers_connect = false; });
  broker_.disconnect(Reason::session_taken_over);
  EXPECT_TRUE(reaches(HealthState::alarm, "client_id of its own")) << rig_.health().detail;
  broker_.change([](BrokerScript& s) { s.answers_connect = true; });
  broker_.drop();
  EXPECT_TRUE(reaches(HealthState::ok));
}

TEST_F(MqttSource, AMalformedPacketIsAnsweredCountedAndSurvived) {
  connect();
  broker_.send_raw(std::string("\x36\x06\0\1a\0\1\0", 8));
  ASSERT_TRUE(broker_.wait(patience(), [&] { return broker_.count(PacketType::disconnect) == 1; }));
  for (const SeenPacket& packet : broker_.seen()) {
    if (packet.type != PacketType::disconnect) continue;
    EXPECT_EQ(packet.reason, Reason::malformed_packet);
  }
  ASSERT_TRUE(reaches(HealthState::ok));
  publish(1);
  EXPECT_TRUE(receives(1));
  EXPECT_EQ(rig_.count("tidegate_mqtt_protocol_errors_total"), 1u);
}

TEST_F(MqttSource, ABrokerThatIsDownAtStartIsWaitedFor) {
  std::uint16_t port = 0;
  {
    const ScriptedBroker gone;
    port = gone.port();
  }
  make_source("mqtt://127.0.0.1:" + std::to_string(port), kSubscribe);
  ASSERT_TRUE(reaches(HealthState::waiting));
  const ScriptedBroker back({}, port);
  EXPECT_TRUE(reaches(HealthState::ok)) << rig_.health().detail;
}

TEST_F(MqttSource, ALongPauseDoesNotEndTheConnectionThoughAnswersLieUnread) {
  connect("keep_alive: 5s\n");
  source_->pause();
  ASSERT_TRUE(reaches(HealthState::paused));
  const auto pings = [&] { return broker_.count(PacketType::pingreq); };
  // The answer to the first ends the read that was under way when the pause came, and stays unread.
  ASSERT_TRUE(broker_.wait(patience(), [&] { return pings() == 1; }));
  rig_.skip(mqtt::limits::kAnswerTimeout);
  ASSERT_TRUE(broker_.wait(patience(), [&] { return pings() == 2 || broker_.connections() > 1; }));
  EXPECT_EQ(broker_.connections(), 1u);
  source_->resume();
  publish(1);
  EXPECT_TRUE(receives(1));
  EXPECT_EQ(broker_.connections(), 1u);
}

TEST_F(MqttSource, AFloodAtQos0IsLeftInTheSocketOnceMemoryIsUsed) {
  connect();
  intake_.hold(true);
  BrokerLoad load;
  load.qos = 0;
  load.count = 200'000;
  broker_.start_load(load);
  // Looked at until nothing has come for a while: looking too early could only make the test weaker.
  std::size_t held = 0;
  int unchanged = 0;
  ASSERT_TRUE(intake_.wait(patience(), [&] {
    const std::size_t before = std::exchange(held, intake_.held_events());
    unchanged = before == held && held > 0 ? unchanged + 1 : 0;
    return unchanged == 30;
  }));
  EXPECT_GT(held, 2000u);
  EXPECT_LT(held, mqtt::limits::kUnreceiptedBytesMax / 400 + mqtt::limits::kReadBytes / 200);
  intake_.hold(false);
  intake_.keep_events(false);
  intake_.commit();
  EXPECT_TRUE(receives(200'000)) << intake_.committed_count();
}

TEST_F(MqttSource, StopSendsTheAcksThatAreDueSaysGoodbyeAndTakesNothingMore) {
  connect();
  publish(5);
  ASSERT_TRUE(receives(5));
  source_->stop();
  const std::size_t submissions = intake_.submissions();
  source_->stop();
  ASSERT_TRUE(broker_.wait(patience(), [&] { return broker_.count(PacketType::disconnect) == 1; }));
  EXPECT_EQ(acks(), 5u);
  EXPECT_EQ(intake_.submissions(), submissions);
  EXPECT_EQ(broker_.client_fault(), "");
}

TEST_F(MqttSource, AReceiptAfterStopIsHarmless) {
  connect();
  intake_.hold(true);
  publish(1);
  ASSERT_TRUE(intake_.wait(patience(), [&] { return intake_.held_events() == 1; }));
  source_->stop();
  source_.reset();
  EXPECT_GT(intake_.commit(), 0u);
}

TEST_F(MqttSource, StopEndsThoughTheBrokerTakesNothing) {
  connect();
  broker_.stall(true);
  source_->stop();
}

TEST_F(MqttSource, AProbeConnectsUnderItsOwnNameAndLeavesNothingBehind) {
  const Status found = probe(broker_.uri(), kSubscribe);
  EXPECT_TRUE(found) << found.error().message;
  ASSERT_TRUE(broker_.wait(patience(), [&] { return broker_.count(PacketType::disconnect) == 1; }));
  const auto seen = broker_.seen();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].text, "gw-check");
  EXPECT_TRUE(seen[0].clean_start);
  EXPECT_EQ(seen[1].reason, Reason::success);
}

TEST_F(MqttSource, AProbeFindsBrokersThatKnowMqtt3Only) {
  broker_.change([](BrokerScript& s) { s.old = true; });
  EXPECT_TRUE(probe(broker_.uri(), kSubscribe));
  EXPECT_FALSE(probe(broker_.uri(), std::string(kSubscribe) + "version: 5\n"));
  broker_.change([](BrokerScript& s) { s.old = false, s.closes_on_mqtt5 = true; });
  EXPECT_TRUE(probe(broker_.uri(), kSubscribe));
}

TEST_F(MqttSource, AProbeSaysWhyTheBrokerCannotBeUsed) {
  const auto why = [&](const std::string& uri) {
    const Status found = probe(uri, kSubscribe);
    return found ? "" : found.error().message;
  };
  EXPECT_THAT(why("mqtt://127.0.0.1:1"), HasSubstr("mqtt://127.0.0.1:1: cannot connect"));
  EXPECT_THAT(why("mqtts://127.0.0.1:" + std::to_string(broker_.port())), HasSubstr("TLS handshake failed"));
  broker_.change([](BrokerScript& s) { s.connect_answer = Reason::not_authorized; });
  EXPECT_THAT(why(broker_.uri()), HasSubstr("refused the connection: not authorized"));
  broker_.change([](BrokerScript& s) { s.connect_answer = Reason::client_identifier_not_valid; });
  EXPECT_THAT(why(broker_.uri()), HasSubstr("the check connects as \"gw-check\""));
  broker_.change([](BrokerScript& s) { s.answers_connect = false; });
  const Status silent = probe(broker_.uri(), kSubscribe, within(milliseconds{50}));
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code, ErrorCode::timeout);
  EXPECT_THAT(silent.error().message, HasSubstr("no CONNACK in time"));
}

class Tls : public MqttSource {
 protected:
  Tls() : certs_(testing::make_test_certs(dir_ / "right")), strangers_(testing::make_test_certs(dir_ / "wrong")) {
    broker_.change([this](BrokerScript& s) {
      s.cert = certs_->server_cert;
      s.key = certs_->server_key;
      s.client_ca = certs_->ca_cert;
    });
  }
  void make_tls_source(const std::string& ca, const std::string& more) {
    const std::string client =
        ", cert_file: " + certs_->client_cert.string() + ", key_file: " + certs_->client_key.string();
    make_source("mqtts://localhost:" + std::to_string(broker_.port()),
                std::string(kSubscribe) + "tls: { " + ca + client + more + " }\n");
  }
  TempDir dir_;
  Result<testing::TestCerts> certs_;
  Result<testing::TestCerts> strangers_;
};

TEST_F(Tls, ClientCertificateAndAuthorityAreUsed) {
  make_tls_source("ca_file: " + certs_->ca_cert.string(), "");
  ASSERT_TRUE(reaches(HealthState::ok)) << rig_.health().detail;
  publish(100);
  EXPECT_TRUE(receives(100));
  EXPECT_TRUE(broker_.wait(patience(), [&] { return acks() == 100; }));
}

TEST_F(Tls, ABrokerOfAnotherAuthorityIsNotTrusted) {
  make_tls_source("ca_file: " + strangers_->ca_cert.string(), "");
  EXPECT_TRUE(reaches(HealthState::waiting, "certificate is not accepted")) << rig_.health().detail;
}

TEST_F(Tls, ACertificateForAnotherNameIsNotTrusted) {
  make_tls_source("ca_file: " + certs_->ca_cert.string(), ", server_name: elsewhere.example");
  EXPECT_TRUE(reaches(HealthState::waiting, "certificate is not accepted")) << rig_.health().detail;
}

TEST_F(Tls, SkippingVerificationTakesTheOptionThatSaysSo) {
  make_tls_source("insecure_skip_verify: true", "");
  EXPECT_TRUE(reaches(HealthState::ok)) << rig_.health().detail;
}

/// Everything the broker sent at QoS 1 and 2 is in the intake exactly once, and in order per topic.
void expect_every_event_once(const std::vector<Event>& events, std::uint32_t publishers, std::uint64_t count) {
  std::set<std::pair<std::uint32_t, std::uint64_t>> seen;
  std::map<std::string, std::uint64_t> last;
  for (const Event& event : events) {
    const auto marker = find_marker(event.data);
    ASSERT_TRUE(marker);
    EXPECT_TRUE(seen.emplace(marker->publisher, marker->seq).second)
        << "stored twice: " << marker->publisher << ' ' << marker->seq;
    std::uint64_t& previous = last[event.subject];
    EXPECT_LT(previous, marker->seq) << event.subject;
    previous = marker->seq;
  }
  EXPECT_EQ(seen.size(), count);
  EXPECT_EQ(publishers, 2u);
}

class Chaos : public MqttSource, public ::testing::WithParamInterface<std::tuple<const char*, bool>> {};

TEST_P(Chaos, ThroughBrokenConnectionsAndCrashesEveryEventIsStoredExactlyOnce) {
  constexpr std::uint64_t kEvents = 6000;
  const auto [version, lowest_ids] = GetParam();
  const std::string more = std::string(kSubscribe) + "receive_maximum: 50\nversion: " + version + "\n";
  SeededRandom random(11);
  broker_.change([lowest = lowest_ids](BrokerScript& s) { s.lowest_ids = lowest; });
  make_source(broker_.uri(), more);
  BrokerLoad load;
  load.count = kEvents;
  broker_.start_load(load);
  for (std::uint64_t until = 200; until < kEvents; until += 150) {
    ASSERT_TRUE(broker_.wait(patience(), [&] { return broker_.acked_messages() >= until; })) << until;
    switch (random.below(3)) {
      case 0: broker_.drop(); break;
      case 1:  // the connection breaks while commits are under way
        intake_.hold(true);
        ASSERT_TRUE(
            intake_.wait(patience(), [&] { return intake_.held_events() > 0 || broker_.acked_messages() == kEvents; }))
            << broker_.acked_messages() << " acknowledged, " << broker_.open_messages() << " open";
        broker_.drop();
        intake_.hold(false);
        intake_.commit();
        break;
      default:  // the gateway dies with commits under way
        intake_.hold(true);
        broker_.drop();
        source_.reset();
        intake_.crash();
        intake_.hold(false);
        make_source(broker_.uri(), more);
    }
  }
  ASSERT_TRUE(broker_.wait(patience(), [&] {
    return broker_.acked_messages() >= kEvents && broker_.open_messages() == 0;
  })) << broker_.acked_messages();
  EXPECT_EQ(broker_.client_fault(), "");
  expect_every_event_once(intake_.committed(), load.publishers, kEvents);
}

INSTANTIATE_TEST_SUITE_P(MqttSource, Chaos,
                         ::testing::Combine(::testing::Values("5", "3.1.1"), ::testing::Values(false, true)));

}  // namespace
}  // namespace tidegate::test
