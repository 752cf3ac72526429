// Each sink against a server that computes the signature of each request on its own, in another language, where it is
// at hand. It is none of the services: what is verified is the proof alone.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sink/sink_under_test.h"
#include "tests/unit/auth_aws/signing_server.h"

namespace tidegate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const auth::AwsKeys kKeys{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret("session/token==")};

/// A sink, with names that put characters into the address which a signature must encode.
struct Signed {
  std::string type;
  std::string yaml;
};

class AwsSignature : public ::testing::TestWithParam<Signed> {
 protected:
  void SetUp() override {
    if (const std::string missing = test::SigningServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    server_ = test::SigningServer::start(kKeys);
    ASSERT_TRUE(server_) << "the server did not start";
  }

  [[nodiscard]] Settled send(const std::string& secret) const {
    const auto& types = connector_types();
    const auto row = std::ranges::find(types, GetParam().type, &ConnectorType::name);
    SinkUnderTest sink(
        {row->sink_options, row->make_sink},
        fmt::format("{}\nregion: eu-central-1\nendpoint: http://127.0.0.1:{}\n"
                    "credentials: {{access_key_id: {}, secret_access_key: {}, session_token: {}}}",
                    GetParam().yaml, server_->port(), kKeys.access_key_id, secret, kKeys.session_token.reveal()));
    return sink.send(numbered_events(1));
  }

  std::unique_ptr<test::SigningServer> server_;
};

TEST_P(AwsSignature, IsVerifiedAndOneOfAnotherKeyIsNot) {
  const Settled good = send(kKeys.secret_access_key.reveal());
  EXPECT_NE(good.cause, Cause::unauthorized);
  EXPECT_THAT(good.outcomes.front().reason, Not(HasSubstr("HTTP 4")));
  const Settled bad = send("another-secret");
  EXPECT_EQ(bad.cause, Cause::unauthorized);
  EXPECT_THAT(bad.outcomes.front().reason, HasSubstr("HTTP 403"));
}

INSTANTIATE_TEST_SUITE_P(
    All, AwsSignature,
    ::testing::Values(Signed{"aws_eventbridge", "bus: plant-events"}, Signed{"aws_firehose", "stream: lake"},
                      Signed{"aws_kinesis", "stream: plant"},
                      Signed{"aws_lambda",
                             "function: arn:aws:lambda:eu-central-1:123456789012:function:f\n"
                             "qualifier: live"},
                      Signed{"aws_sns", "topic_arn: arn:aws:sns:eu-central-1:123456789012:alarms"},
                      Signed{"aws_sqs", "queue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/orders"}),
    [](const auto& sink) { return sink.param.type; });

}  // namespace
}  // namespace tidegate::testing
