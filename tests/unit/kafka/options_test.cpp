#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "connectors/kafka/kafka.h"
#include "connectors/kafka/options.h"
#include "connectors/kafka/producer.h"
#include "gateway/routing/topic_filter.h"

namespace tidegate::kafka {
namespace {

using ::testing::HasSubstr;

SinkOptions parsed(const std::string& yaml) {
  auto options = sink_table().parse_text(yaml);
  EXPECT_TRUE(options) << options.error().message;
  return options ? *std::move(options) : SinkOptions{};
}

std::string fault(const std::string& yaml) {
  const auto options = sink_table().parse_text(yaml);
  EXPECT_FALSE(options) << yaml;
  return options ? "" : options.error().message;
}

std::string property(const SinkOptions& options, const std::string& name) {
  for (const auto& [key, value] : properties_for(options, "gw-out", 500'000)) {
    if (key == name) return value;
  }
  return "(not set)";
}

TEST(KafkaOptions, TwoLinesAreEnough) {
  const SinkOptions options = parsed("brokers: [a:9092, b]\ntopic: events");
  EXPECT_EQ(property(options, "bootstrap.servers"), "a:9092,b");
  EXPECT_EQ(property(options, "security.protocol"), "plaintext");
  EXPECT_EQ(property(options, "client.id"), "gw-out");
}

TEST(KafkaOptions, OrderAndDurabilityAreNoOptions) {
  const SinkOptions options = parsed("brokers: a\ntopic: events");
  EXPECT_EQ(property(options, "acks"), "all");
  EXPECT_EQ(property(options, "enable.idempotence"), "true");
  EXPECT_EQ(property(options, "enable.gapless.guarantee"), "true");
  EXPECT_EQ(property(options, "message.timeout.ms"), "0");
  EXPECT_EQ(property(options, "allow.auto.create.topics"), "false");
  EXPECT_EQ(property(options, "batch.size"), "500000");
}

TEST(KafkaOptions, BrokersAreHostAndPort) {
  for (const char* wrong :
       {"kafka://a:9092", "\"a:0\"", "\"a:65536\"", "\"a:b\"", "\":9092\"", "\"\"", "\"a,,b\"", "\"a:9092,\"", "[]"})
    EXPECT_THAT(fault(std::string("topic: t\nbrokers: ") + wrong), HasSubstr("brokers")) << wrong;
  parsed("brokers: \"[::1]:9092,kafka-2.plant:9093\"\ntopic: t");
  std::string many = "a";
  for (int i = 0; i < 40; ++i) many += ", a" + std::to_string(i);
  EXPECT_THAT(fault("topic: t\nbrokers: [" + many + "]"), HasSubstr("more than"));
}

TEST(KafkaOptions, ConstantTopicMustBeLegal) {
  for (const char* wrong : {"a/b", "\"a b\"", "\".\"", "\"..\"", "\"\"", "ü"})
    EXPECT_THAT(fault(std::string("brokers: a\ntopic: ") + wrong), HasSubstr("topic")) << wrong;
  EXPECT_THAT(fault("brokers: a\ntopic: " + std::string(250, 'x')), HasSubstr("topic"));
  parsed("brokers: a\ntopic: " + std::string(249, 'x'));
  parsed("brokers: a\ntopic: site-${captures.site}");
}

TEST(KafkaOptions, PlainPasswordNeedsTls) {
  const std::string sasl = "sasl: {mechanism: plain, user: u, password: p4ssw0rd}\n";
  EXPECT_THAT(fault("brokers: a\ntopic: t\n" + sasl), HasSubstr("tls"));
  const SinkOptions options = parsed("brokers: a\ntopic: t\ntls: {}\n" + sasl);
  EXPECT_EQ(property(options, "security.protocol"), "sasl_ssl");
  EXPECT_EQ(property(options, "sasl.mechanisms"), "PLAIN");
  EXPECT_EQ(property(options, "sasl.username"), "u");
  EXPECT_EQ(property(options, "sasl.password"), "p4ssw0rd");
  EXPECT_EQ(property(options, "ssl.endpoint.identification.algorithm"), "https");
}

TEST(KafkaOptions, ScramGoesWithoutTls) {
  const SinkOptions options = parsed("brokers: a\ntopic: t\nsasl: {mechanism: scram_sha_256, user: u, password: p}");
  EXPECT_EQ(property(options, "security.protocol"), "sasl_plaintext");
  EXPECT_EQ(property(options, "sasl.mechanisms"), "SCRAM-SHA-256");
  EXPECT_THAT(fault("brokers: a\ntopic: t\nsasl: {user: u}"), HasSubstr("password"));
}

TEST(KafkaOptions, CertificateIsCheckedUnlessSaidOtherwise) {
  EXPECT_EQ(property(parsed("brokers: a\ntopic: t\ntls: {}"), "enable.ssl.certificate.verification"), "true");
  const SinkOptions blind = parsed("brokers: a\ntopic: t\ntls: {insecure_skip_verify: true}");
  EXPECT_EQ(property(blind, "enable.ssl.certificate.verification"), "false");
  EXPECT_EQ(property(blind, "ssl.endpoint.identification.algorithm"), "none");
  EXPECT_THAT(fault("brokers: a\ntopic: t\ntls: {cert_file: /etc/passwd}"), HasSubstr("key_file"));
}

TEST(KafkaOptions, HeadersOfCloudEventsAreNotForTheConfig) {
  EXPECT_THAT(fault("brokers: a\ntopic: t\nheaders: {ce_id: x}"), HasSubstr("ce_id"));
  EXPECT_THAT(fault("brokers: a\ntopic: t\nheaders: {content-type: x}"), HasSubstr("content-type"));
  parsed("brokers: a\ntopic: t\nheaders: {plant: \"7\"}");
}

TEST(KafkaOptions, DeliveryIsNoShorterThanConnecting) {
  EXPECT_THAT(fault("brokers: a\ntopic: t\ntimeout: {connect: 20s, delivery: 10s}"), HasSubstr("delivery"));
}

TEST(KafkaOptions, EveryCompressionIsOneThatLibrdkafkaTakes) {
  for (const char* name : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    const SinkOptions options = parsed(std::string("brokers: 127.0.0.1:1\ntopic: t\ncompression: ") + name);
    EXPECT_EQ(property(options, "compression.codec"), name);
    class : public ProducerObserver {
      void reported(std::span<const Report> /*reports*/) override {}
      void failed(rd_kafka_resp_err_t /*error*/, std::string /*words*/, bool /*fatal*/) override {}
    } nobody;
    const Log log("test");
    const auto made = Producer::create(properties_for(options, "test", 1'000'000), 1'000'000, nobody, log);
    EXPECT_TRUE(made) << name << ": " << made.error().message;
  }
}

TEST(KafkaOptions, CapturesMustBeTheRoutes) {
  const auto route = TopicFilter::parse("sensors/{site}/+");
  ASSERT_TRUE(route);
  const std::any fine = parsed("brokers: a\ntopic: t-${captures.site}\nkey: ${captures.site}");
  EXPECT_TRUE(check_kafka_sink_route(fine, *route));
  for (const char* wrong : {"topic: t-${captures.hall}", "topic: t\nkey: ${captures.hall}"}) {
    const Status checked = check_kafka_sink_route(std::any(parsed(std::string("brokers: a\n") + wrong)), *route);
    ASSERT_FALSE(checked) << wrong;
    EXPECT_THAT(checked.error().message, HasSubstr("hall"));
  }
}

}  // namespace
}  // namespace tidegate::kafka
