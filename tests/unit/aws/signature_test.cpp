// Each sink against a server that computes the signature of each request on its own, in another language, where it is
// at hand. It is none of the services: what is verified is the proof alone.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/signing/signing_server.h"
#include "tests/support/sink/sink_under_test.h"

namespace tidegate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A sink, with names that put characters into the address which a signature must encode.
struct Signed {
  std::string type;
  std::string yaml;
  friend void PrintTo(const Signed& sink, std::ostream* out) { *out << sink.type; }
};

class AwsSignature : public test::SigningServerTest, public ::testing::WithParamInterface<Signed> {
 protected:
  [[nodiscard]] Settled send(const std::string& credentials) const {
    const auto& types = connector_types();
    const auto row = std::ranges::find(types, GetParam().type, &ConnectorType::name);
    SinkUnderTest sink(
        {row->sink_options, row->make_sink},
        fmt::format("{}\nregion: eu-central-1\nendpoint: {}\ncredentials: {}", GetParam().yaml, url(), credentials));
    return sink.send(numbered_events(1));
  }
};

TEST_P(AwsSignature, IsVerifiedAndOneOfAnotherKeyIsNot) {
  const Settled good = send(credentials());
  EXPECT_NE(good.cause, Cause::unauthorized);
  EXPECT_THAT(good.outcomes.front().reason, Not(HasSubstr("HTTP 4")));
  const Settled bad = send(credentials("another-secret"));
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
