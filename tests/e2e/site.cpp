#include "tests/e2e/site.h"

#include <fmt/format.h>

#include <utility>

namespace tidegate::e2e {

Site::Site(testing::ReceiverOptions receiver_options, const test::MosquittoOptions& broker_options)
    : gateway(std::filesystem::path(TIDEGATE_BIN_DIR) / "tidegate", dir.path()) {
  if (auto made = testing::make_test_certs(dir / "certs")) certs = *made;
  receiver_options.tls_cert = certs.server_cert;
  receiver_options.tls_key = certs.server_key;
  if (receiver_options.client_ca == "ours") receiver_options.client_ca = certs.ca_cert;
  auto listening = testing::Receiver::start(std::move(receiver_options));
  EXPECT_TRUE(listening) << listening.error().message;
  if (listening) receiver = std::move(*listening);

  test::MosquittoOptions options = broker_options;
  if (options.require_client_certificate) {
    options.ca = certs.ca_cert;
    options.cert = certs.server_cert;
    options.key = certs.server_key;
  }
  if (!options.max_queued) options.max_queued = 0;
  auto started = test::Mosquitto::start(dir.path(), options);
  EXPECT_TRUE(started) << started.error().message;
  if (started) broker = std::move(*started);
}

void Site::write_config(const SiteConfig& config) {
  gateway.configure(gateway.preamble() +
                    fmt::format(R"(spool: {{ {} }}
sources:
  plant-floor:
    type: mqtt
    broker: {}
    reconnect: {{ initial: 20ms, max: 200ms }}
    subscribe: [ {{ topic: "sensors/#", qos: {} }} ]
{}sinks:
  cloud:
    type: http
    url: {}
    tls: {{ ca_file: {}, cert_file: {}, key_file: {} }}
    batch: {{ {} }}
    retry: {{ initial: 20ms, max: 200ms }}
    breaker: {{ interval: 200ms }}
{}routes:
  all: {{ topic: "sensors/#", to: cloud{} }}
{})",
                                config.spool, config.broker.empty() ? broker->uri() : config.broker, config.qos,
                                config.source, receiver->url(), certs.ca_cert.string(), certs.client_cert.string(),
                                certs.client_key.string(), config.batch, config.sink, config.route, config.more));
}

void Site::start(const SiteConfig& config, bool subscribed) {
  write_config(config);
  restart();
  if (subscribed) {
    ASSERT_TRUE(wait_state("source plant-floor", "ok")) << gateway.log();
  }
}

void Site::restart() {
  const auto up = gateway.start_ready();
  ASSERT_TRUE(up) << up.error().message;
}

void Site::publish(std::uint64_t count, int qos, std::uint32_t number) {
  test::PublisherOptions options;
  options.port = broker->port();
  options.count = count;
  options.qos = qos;
  options.number = number;
  const auto report = test::publish(options, {});
  ASSERT_EQ(report.trouble, "");
  ASSERT_EQ(report.acknowledged, count);
}

void Site::expect_arrived(std::uint64_t distinct, std::uint64_t duplicates) {
  const bool arrived =
      receiver->wait_for([&](const auto& now) { return now.arrivals.distinct >= distinct; }, kArrivalLimit);
  const auto arrivals = receiver->summary().arrivals;
  EXPECT_TRUE(arrived) << gateway.log();
  EXPECT_EQ(arrivals.distinct, distinct);
  EXPECT_EQ(arrivals.duplicates, duplicates);
}

void Site::expect_clean_end() {
  // A lane's last settlement may be under way when the receiver has counted the last event.
  EXPECT_TRUE(wait_books("pending", 0)) << status().dump(2);
  expect_clean_stop();
}

void Site::expect_clean_stop() {
  EXPECT_EQ(gateway.stop(), 0) << gateway.log();
  const auto audit = gateway.command({"audit"});
  EXPECT_EQ(audit.status, 0) << audit.output << audit.errors;
}

nlohmann::json Site::status() { return nlohmann::json::parse(gateway.get("/v1/status").body, nullptr, false); }

bool Site::wait_state(const std::string& component, const std::string& state) {
  return test::wait_until(test::within(kPatience), [&] { return gateway.state_of(component) == state; });
}

bool Site::wait_books(const std::string& entry, std::uint64_t value) {
  return test::wait_until(test::within(kPatience), [&] { return gateway.books(entry) == value; });
}

}  // namespace tidegate::e2e
