#include <gmock/gmock.h>

#include "tests/support/process/mosquitto.h"
#include "tests/support/receiver/test_certs.h"
#include "tests/unit/mqtt_listener/listener_fixture.h"

/// Clients that no one here wrote.
namespace tidegate::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAreArray;

constexpr int kCount = 500;

class Interop : public WithListener {
 protected:
  Finished mosquitto_pub(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"mosquitto_pub", "-h", "127.0.0.1", "-p", port()});
    return run(std::move(arguments), patience());
  }
  Finished client(std::string_view name, std::vector<std::string> arguments) const {
    const std::string file = std::string(TIDEGATE_CLIENTS) + "/" + std::string(name);
    arguments.insert(arguments.begin(), {file.ends_with(".py") ? "/usr/bin/python3" : "node", file, port()});
    return run(std::move(arguments), patience(), {{"NODE_PATH", "/usr/share/nodejs"}});
  }
};

class EveryQosAndVersion : public Interop, public ::testing::WithParamInterface<std::tuple<int, const char*>> {
 protected:
  void expect_numbers(const Finished& finished) {
    EXPECT_EQ(finished.status, 0) << finished.errors;
    ASSERT_TRUE(receives(kCount)) << intake_.committed_count();
    EXPECT_EQ(payloads(), numbers(kCount));
    for (const Event& event : intake_.committed())
      ASSERT_THAT(event.attributes, Contains(Pair("qos", std::to_string(qos_))));
  }
  const int qos_ = std::get<0>(GetParam());
  const std::string version_ = std::get<1>(GetParam());
};

TEST_P(EveryQosAndVersion, MosquittoPub) {
  start_listener();
  const std::string command = "seq 0 " + std::to_string(kCount - 1) + " | mosquitto_pub -h 127.0.0.1 -p " + port() +
                              " -t sensors/m -l -q " + std::to_string(qos_) + " -V " +
                              (version_ == "5" ? "mqttv5" : "mqttv311");
  expect_numbers(run({"sh", "-c", command}, patience()));
}
TEST_P(EveryQosAndVersion, PahoPython) {
  start_listener();
  expect_numbers(client("paho_client.py", {version_, "publish", std::to_string(qos_), std::to_string(kCount)}));
}
TEST_P(EveryQosAndVersion, MqttJs) {
  start_listener();
  expect_numbers(client("mqttjs_client.js", {version_, std::to_string(qos_), std::to_string(kCount)}));
}
INSTANTIATE_TEST_SUITE_P(Interop, EveryQosAndVersion,
                         ::testing::Combine(::testing::Values(0, 1, 2), ::testing::Values("5", "3.1.1")));

TEST_F(Interop, TheWillOfAClientThatVanishesBecomesAnEvent) {
  start_listener();
  ASSERT_EQ(client("paho_client.py", {"5", "vanish"}).status, 0);
  ASSERT_TRUE(receives(2));
  EXPECT_THAT(payloads(), ElementsAre("here", "gone"));
  EXPECT_THAT(intake_.committed()[1].attributes, Contains(Pair("will", "true")));
}

TEST_F(Interop, ASubscriberIsToldNo) {
  start_listener();
  for (const char* version : {"mqttv5", "mqttv311"}) {
    const Finished end =
        run({"mosquitto_sub", "-h", "127.0.0.1", "-p", port(), "-t", "a/#", "-V", version, "-W", "20"}, patience());
    EXPECT_THAT(end.errors, ::testing::HasSubstr("denied")) << version;
  }
  EXPECT_EQ(rig_.count("tidegate_mqtt_listener_refused_subscriptions_total"), 2u);
}

TEST_F(Interop, OnlyUsersWithTheirPasswordComeIn) {
  const auto users = dir_ / "users";
  ASSERT_EQ(run({"mosquitto_passwd", "-c", "-b", users, "ann", "secret"}, patience()).status, 0);
  ASSERT_EQ(run({"mosquitto_passwd", "-H", "sha512", "-b", users, "bob", "hunter2"}, patience()).status, 0);
  start_listener("users_file: " + users.string() + "\nacl: [ { user: ann, topic: 'a/%u/%c' } ]");
  const auto publish = [&](std::vector<std::string> who, const std::string& topic) {
    who.insert(who.end(), {"-t", topic, "-m", topic, "-q", "1", "-i", "dev", "-V", "mqttv5"});
    return mosquitto_pub(std::move(who)).status;
  };
  EXPECT_EQ(publish({"-u", "ann", "-P", "secret"}, "a/ann/dev"), 0);
  EXPECT_NE(publish({"-u", "ann", "-P", "wrong"}, "a/ann/dev"), 0);
  EXPECT_NE(publish({"-u", "eve", "-P", "secret"}, "a/ann/dev"), 0);
  EXPECT_NE(publish({}, "a/ann/dev"), 0);
  publish({"-u", "ann", "-P", "secret"}, "a/bob/dev");
  publish({"-u", "bob", "-P", "hunter2"}, "a/bob/dev");
  EXPECT_THAT(payloads(), ElementsAre("a/ann/dev"));
  EXPECT_THAT(intake_.committed()[0].attributes, Contains(Pair("user", "ann")));
  EXPECT_EQ(rig_.count("tidegate_mqtt_listener_denied_messages_total"), 2u);
  EXPECT_EQ(rig_.count("tidegate_mqtt_listener_refused_connections_total"), 3u);
}

TEST_F(Interop, OverTlsTheCertificateSaysWhoItIs) {
  const auto certs = testing::make_test_certs(dir_ / "certs");
  ASSERT_TRUE(certs);
  start_listener("use_subject_as_user: true\ntls: { cert_file: " + certs->server_cert.string() +
                 ", key_file: " + certs->server_key.string() + ", client_ca_file: " + certs->ca_cert.string() + " }");
  const std::string payload(200'000, 'x');  // many TLS records
  write_file(dir_ / "payload", payload);
  const std::vector<std::string> publish = {"--cafile", certs->ca_cert, "-t", "a", "-q", "2", "-f", dir_ / "payload"};
  EXPECT_NE(mosquitto_pub(publish).status, 0);
  EXPECT_THAT(payloads(), IsEmpty());
  auto with_certificate = publish;
  with_certificate.insert(with_certificate.end(), {"--cert", certs->client_cert, "--key", certs->client_key});
  const Finished end = mosquitto_pub(with_certificate);
  EXPECT_EQ(end.status, 0) << end.errors;
  EXPECT_THAT(payloads(), ElementsAre(payload));
  EXPECT_THAT(intake_.committed()[0].attributes, Contains(Pair("user", "tidegate-test-client")));
}

/// mosquitto with the bridge of packaging/mosquitto, pointed at the listener.
class Bridge : public Interop {
 protected:
  void start_broker() {
    std::string conf = read_file(TIDEGATE_BRIDGE_CONF);
    const std::string address = "127.0.0.1:1884";
    const std::size_t at = conf.rfind("address " + address);
    ASSERT_NE(at, std::string::npos);
    conf.replace(at, 8 + address.size(), "address 127.0.0.1:" + port());
    MosquittoOptions options;
    options.more = conf;
    auto started = Mosquitto::start(dir_.path(), options);
    ASSERT_TRUE(started) << started.error().message;
    broker_ = *std::move(started);
  }
  void publish_numbers(int count, int first) {
    const std::string command = "seq " + std::to_string(first) + " " + std::to_string(first + count - 1) +
                                " | mosquitto_pub -h 127.0.0.1 -p " + std::to_string(broker_->port()) +
                                " -t plant/x -l -q 1";
    ASSERT_EQ(run({"sh", "-c", command}, patience()).status, 0);
  }
  std::unique_ptr<Mosquitto> broker_;
};

TEST_F(Bridge, OfMosquittoForwardsThroughRestartsOfBothSidesAndLosesNothing) {
  start_listener();
  start_broker();
  publish_numbers(300, 0);
  ASSERT_TRUE(receives(300)) << broker_->log();
  source_->stop();
  publish_numbers(300, 300);  // nobody listens
  broker_->stop();
  ASSERT_TRUE(broker_->restart());
  start_listener();
  ASSERT_TRUE(receives(600)) << broker_->log();
  publish_numbers(300, 600);
  ASSERT_TRUE(receives(900)) << broker_->log();
  // What was on its way when a side stopped may come twice: the first of each is in order.
  std::vector<std::string> first;
  for (const std::string& payload : payloads())
    if (std::find(first.begin(), first.end(), payload) == first.end()) first.push_back(payload);
  EXPECT_EQ(first, numbers(900));
}

}  // namespace
}  // namespace tidegate::test
