#include "connectors/mqtt/sink_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/routing/topic_filter.h"
#include "tests/support/process/process.h"

namespace tidegate::mqtt {
namespace {

using ::testing::HasSubstr;

std::string fault(const std::string& yaml) {
  const auto parsed = sink_table().parse_text("broker: mqtts://b.example\n" + yaml);
  return parsed ? "" : parsed.error().message;
}

TEST(MqttSinkOptions, TakeEverythingTheReferenceShows) {
  const auto parsed = sink_table().parse_text(
      "broker: mqtts://b.example:8884\nclient_id: c\nuser: u\npassword: p\nversion: 5\ntopic: 'a/{b}'\nqos: 2\n"
      "retain: true\nexpiry: 1h\nformat: cloudevents_binary\nattributes: false\nuser_properties: { plant: seven }\n"
      "keep_alive: 30s\nconnect_timeout: 5s\nack_timeout: 10s\ntls: { alpn: x-amzn-mqtt-ca }\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->broker.text(), "mqtts://b.example:8884");
  EXPECT_EQ(parsed->topic->text(), "a/{b}");
  EXPECT_EQ(parsed->qos, 2);
  EXPECT_EQ(parsed->expiry, std::chrono::hours{1});
  EXPECT_EQ(parsed->tls.alpn, "x-amzn-mqtt-ca");
}

TEST(MqttSinkOptions, SayWhatIsWrong) {
  EXPECT_THAT(fault("version: 3.1.1\nformat: cloudevents_binary"), HasSubstr("MQTT 5"));
  EXPECT_THAT(fault("version: 3.1.1\nuser_properties: { a: b }"), HasSubstr("MQTT 5"));
  EXPECT_THAT(fault("version: 3.1.1\nexpiry: 1h"), HasSubstr("MQTT 5"));
  EXPECT_THAT(fault("topic: 'a/#'"), HasSubstr("subscriptions"));
  EXPECT_THAT(fault("password: p"), HasSubstr("needs a user"));
  EXPECT_THAT(fault("qos: 3"), HasSubstr("qos"));
  const test::TempDir dir;
  test::write_file(dir / "cert.pem", "-");
  EXPECT_THAT(fault("tls: { cert_file: " + (dir / "cert.pem").string() + " }"), HasSubstr("key_file"));
  EXPECT_THAT(sink_table().parse_text("broker: mqtt://b\ntls: { insecure_skip_verify: true }").error().message,
              HasSubstr("mqtts://"));
  EXPECT_EQ(fault(""), "");
}

TEST(MqttSinkOptions, ATopicMustFindItsNamesInTheRoute) {
  const auto options = sink_table().parse_text("broker: mqtt://b\ntopic: 'site/{site}/{id}'");
  ASSERT_TRUE(options);
  EXPECT_TRUE(check_sink_route(*options, *TopicFilter::parse("in/{site}/#")));
  const Status fault = check_sink_route(*options, *TopicFilter::parse("in/{device}/#"));
  ASSERT_FALSE(fault);
  EXPECT_THAT(fault.error().message, HasSubstr("{site}"));
}

}  // namespace
}  // namespace tidegate::mqtt
