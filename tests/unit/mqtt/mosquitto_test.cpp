#include "tests/support/process/mosquitto.h"
#include "tests/support/process/publisher.h"
#include "tests/support/receiver/test_certs.h"
#include "tests/unit/mqtt/source_fixture.h"

namespace tidegate::test {
namespace {

class WithMosquitto : public WithSource {
 protected:
  void start_broker(const MosquittoOptions& options = {}) {
    auto started = Mosquitto::start(dir_.path(), options);
    ASSERT_TRUE(started) << started.error().message;
    broker_ = std::move(*started);
  }
  void publish_events(int qos, std::uint64_t count, std::uint32_t number = 1) {
    PublisherOptions options;
    options.port = broker_->port();
    options.qos = qos;
    options.count = count;
    options.number = number;
    if (qos == 2) options.window = 10;  // mosquitto takes fewer than 20 open at a time
    const PublisherReport report = publish(options, {});
    EXPECT_EQ(report.trouble, "");
    EXPECT_EQ(report.acknowledged, count);
  }

  TempDir dir_;
  std::unique_ptr<Mosquitto> broker_;
};

class EveryQosAndVersion : public WithMosquitto, public ::testing::WithParamInterface<std::tuple<int, const char*>> {};

TEST_P(EveryQosAndVersion, EveryEventArrivesOnceAndInOrder) {
  const auto [qos, version] = GetParam();
  MosquittoOptions broker;
  broker.max_queued = 0;
  start_broker(broker);
  make_source(broker_->uri(), std::string("version: ") + version +
                                  "\nsubscribe: [ { topic: 'sensors/#', qos: " + std::to_string(qos) + " } ]");
  ASSERT_TRUE(reaches(HealthState::ok)) << rig_.health().detail;
  publish_events(qos, 2000);
  ASSERT_TRUE(receives(2000)) << intake_.committed_count();
  const std::vector<Event> events = intake_.committed();
  ASSERT_EQ(events.size(), 2000u);
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_EQ(events[i].subject, topic_of(1, (i + 1) % 4));
    ASSERT_EQ(attribute(events[i], "qos"), std::to_string(qos));
  }
  EXPECT_EQ(intake_.repeats(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Mosquitto, EveryQosAndVersion,
                         ::testing::Combine(::testing::Values(0, 1, 2), ::testing::Values("5", "3.1.1")));

TEST_F(WithMosquitto, ABrokerThatStartsLaterIsFound) {
  broker_ = Mosquitto::prepare(dir_.path(), {});
  make_source(broker_->uri(), "subscribe: 'sensors/#'");
  ASSERT_TRUE(reaches(HealthState::waiting));
  ASSERT_TRUE(broker_->restart());
  ASSERT_TRUE(reaches(HealthState::ok)) << rig_.health().detail;
  publish_events(1, 10);
  EXPECT_TRUE(receives(10));
}

TEST_F(WithMosquitto, MessagesOfARestartAndOfAnAbsenceArriveOnce) {
  start_broker({});
  make_source(broker_->uri(), "subscribe: 'sensors/#'");
  ASSERT_TRUE(reaches(HealthState::ok));
  intake_.hold(true);
  publish_events(1, 50);
  ASSERT_TRUE(intake_.wait(patience(), [&] { return intake_.held_events() == 50; }));
  broker_->stop();
  ASSERT_TRUE(reaches(HealthState::waiting));
  intake_.hold(false);
  intake_.commit();  // stored, but the acks have nowhere to go
  ASSERT_TRUE(broker_->restart());
  ASSERT_TRUE(reaches(HealthState::ok));
  source_.reset();
  publish_events(1, 60, 2);
  make_source(broker_->uri(), "subscribe: 'sensors/#'");
  ASSERT_TRUE(receives(110));
  EXPECT_EQ(intake_.committed_count(), 110u);
  EXPECT_EQ(intake_.repeats(), 50u);
}

TEST_F(WithMosquitto, AProbeDoesNotDisturbASourceThatRuns) {
  start_broker({});
  make_source(broker_->uri(), "subscribe: 'sensors/#'");
  ASSERT_TRUE(reaches(HealthState::ok));
  for (const char* version : {"5", "3.1.1"}) {
    const Status found = probe(broker_->uri(), std::string("subscribe: 'sensors/#'\nversion: ") + version);
    EXPECT_TRUE(found) << found.error().message;
  }
  publish_events(1, 10);
  EXPECT_TRUE(receives(10));
  EXPECT_EQ(rig_.count("tidegate_mqtt_connections_total"), 1u);
}

TEST_F(WithMosquitto, ClientCertificatesWork) {
  const auto certs = testing::make_test_certs(dir_ / "certs");
  ASSERT_TRUE(certs);
  MosquittoOptions options;
  options.ca = certs->ca_cert;
  options.cert = certs->server_cert;
  options.key = certs->server_key;
  options.require_client_certificate = true;
  start_broker(options);
  make_source("mqtts://localhost:" + std::to_string(broker_->port()),
              "subscribe: 'sensors/#'\ntls: { ca_file: " + certs->ca_cert.string() +
                  ", cert_file: " + certs->client_cert.string() + ", key_file: " + certs->client_key.string() + " }");
  EXPECT_TRUE(reaches(HealthState::ok)) << rig_.health().detail;
}

}  // namespace
}  // namespace tidegate::test
