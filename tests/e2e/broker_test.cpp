#include <fmt/format.h>

#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

struct Way {
  int qos;
  std::string version;
  friend void PrintTo(const Way& way, std::ostream* out) { *out << "QoS " << way.qos << ", MQTT " << way.version; }
};

class EndToEnd : public ::testing::TestWithParam<Way> {};

TEST_P(EndToEnd, EveryEventArrivesOnceAndTheBooksBalance) {
  Site site;
  SiteConfig config;
  config.qos = GetParam().qos;
  config.source = fmt::format("    version: \"{}\"\n", GetParam().version);
  site.start(config);
  site.publish(500, GetParam().qos);
  site.expect_arrived(500);
  site.expect_clean_end();
}

INSTANTIATE_TEST_SUITE_P(Ways, EndToEnd,
                         ::testing::Values(Way{0, "5"}, Way{1, "5"}, Way{2, "5"}, Way{0, "3.1.1"}, Way{1, "3.1.1"},
                                           Way{2, "3.1.1"}),
                         [](const auto& test) {
                           return fmt::format("Qos{}Mqtt{}", test.param.qos, test.param.version == "5" ? "5" : "311");
                         });

TEST(Broker, ClientCertificatesAreShownOnBothSides) {
  testing::ReceiverOptions receiver;
  receiver.client_ca = "ours";
  test::MosquittoOptions options;
  options.require_client_certificate = true;
  options.more = "use_identity_as_username true\n";
  Site site(receiver, options);
  SiteConfig config;
  config.source = fmt::format("    tls: {{ ca_file: {}, cert_file: {}, key_file: {} }}\n", site.certs.ca_cert.string(),
                              site.certs.client_cert.string(), site.certs.client_key.string());
  site.start(config);
  const auto sent =
      test::run({"mosquitto_pub", "-h", "localhost", "-p", std::to_string(site.broker->port()), "-q", "1", "-t",
                 "sensors/a", "-m", "EVT:0001:000000001:0000000000000001;", "--cafile", site.certs.ca_cert.string(),
                 "--cert", site.certs.client_cert.string(), "--key", site.certs.client_key.string()},
                test::within(kPatience));
  ASSERT_EQ(sent.status, 0) << sent.errors;
  site.expect_arrived(1);
  EXPECT_EQ(site.receiver->requests().back().client_name, "tidegate-test-client");
}

TEST(Broker, OneWithACertificateOfAnotherAuthorityIsWaitedForAndNotTrusted) {
  test::MosquittoOptions options;
  options.require_client_certificate = true;
  Site site({}, options);
  const auto others = testing::make_test_certs(site.dir / "others");
  ASSERT_TRUE(others);
  SiteConfig config;
  config.source = fmt::format("    tls: {{ ca_file: {} }}\n", others->ca_cert.string());
  site.start(config, false);
  EXPECT_TRUE(site.wait_state("source plant-floor", "waiting"));
  EXPECT_TRUE(site.gateway.running());
  EXPECT_EQ(site.gateway.stop(), 0);
}

TEST(Broker, RestartLosesNothing) {
  Site site;
  site.start();
  site.publish(300);
  site.broker->stop();
  ASSERT_TRUE(site.wait_state("source plant-floor", "waiting"));
  ASSERT_TRUE(site.broker->restart());
  site.publish(300, 1, 2);  // the session is the broker's to keep: no need to wait for the gateway
  site.expect_arrived(600);
  site.expect_clean_end();
}

TEST(Broker, AbsentAtStartIsAState) {
  Site site;
  site.broker->stop();
  site.start({}, false);
  EXPECT_TRUE(site.wait_state("source plant-floor", "waiting"));
  EXPECT_EQ(site.gateway.get("/readyz").status, 200);
  ASSERT_TRUE(site.broker->restart());
  ASSERT_TRUE(site.wait_state("source plant-floor", "ok")) << site.gateway.log();
  site.publish(100);
  site.expect_arrived(100);
}

TEST(Broker, KeepsWhatArrivesWhileTheGatewayIsAway) {
  Site site;
  site.start();
  EXPECT_EQ(site.gateway.stop(), 0);
  site.publish(400);
  site.restart();
  site.expect_arrived(400);
  site.expect_clean_end();
}

}  // namespace
}  // namespace tidegate::e2e
