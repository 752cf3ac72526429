// The AWS sinks, in front of services played by the test.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gateway/config/option_table.h"
#include "tests/conformance/sink/sink_harness.h"
#include "tests/support/aws/fake_aws.h"

namespace tidegate::testing {
namespace {

class AwsHarness final : public SinkHarness {
 public:
  AwsHarness(const char* type, std::string target) : type_(connector(type)), target_(std::move(target)) {
    Answer hang;
    hang.action = Answer::Action::hang;
    silence_.script(std::vector<Answer>(8, hang));
    context_.name = "sink";
    context_.clock = &clock_;
  }

  std::unique_ptr<Sink> to_peer() override { return make(peer_.url()); }
  std::unique_ptr<Sink> to_nobody() override { return make(fmt::format("http://127.0.0.1:{}", refusing_.number())); }
  std::unique_ptr<Sink> to_silence(milliseconds timeout) override {
    return make(silence_.url(), fmt::format("timeout: {{total: {}ms}}\n", timeout.count()));
  }
  /// A TLS handshake that nobody answers.
  std::unique_ptr<Sink> to_limbo() override { return make(fmt::format("https://127.0.0.1:{}", mute_.number())); }
  std::vector<std::string> arrived() override { return peer_.arrived(); }

 private:
  static const ConnectorType& connector(std::string_view name) {
    const auto& all = connector_types();
    return *std::find_if(all.begin(), all.end(), [&](const ConnectorType& type) { return type.name == name; });
  }

  std::unique_ptr<Sink> make(const std::string& endpoint, const std::string& more = "") {
    auto options = parse_text(*type_.sink_options(),
                              fmt::format("{}\nregion: eu-central-1\nendpoint: {}\n{}"
                                          "credentials: {{access_key_id: AKIDEXAMPLE, secret_access_key: secret}}",
                                          target_, endpoint, more));
    EXPECT_TRUE(options) << options.error().message;
    auto sink = type_.make_sink(context_, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    return *std::move(sink);
  }

  const ConnectorType& type_;
  const std::string target_;
  SystemClock clock_;
  ConnectorContext context_;
  FakeAws peer_, silence_;
  BarePort refusing_{false}, mute_{true};
};

}  // namespace

std::unique_ptr<SinkHarness> make_aws_eventbridge_harness() {
  return std::make_unique<AwsHarness>("aws_eventbridge", "bus: plant");
}
std::unique_ptr<SinkHarness> make_aws_firehose_harness() {
  return std::make_unique<AwsHarness>("aws_firehose", "stream: lake");
}
std::unique_ptr<SinkHarness> make_aws_kinesis_harness() {
  return std::make_unique<AwsHarness>("aws_kinesis", "stream: plant");
}
std::unique_ptr<SinkHarness> make_aws_lambda_harness() {
  return std::make_unique<AwsHarness>("aws_lambda", "function: f\nformat: cloudevents_batch");
}
std::unique_ptr<SinkHarness> make_aws_sns_harness() {
  return std::make_unique<AwsHarness>("aws_sns", "topic_arn: arn:aws:sns:eu-central-1:123456789012:alarms");
}
std::unique_ptr<SinkHarness> make_aws_sqs_harness() {
  return std::make_unique<AwsHarness>("aws_sqs",
                                      "queue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/orders");
}

}  // namespace tidegate::testing
