// connect() tells apart what is wrong.

#include <gmock/gmock.h>

#include "tests/unit/kafka/sink_fixture.h"

namespace tidegate::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class KafkaConnect : public KafkaSinkTest {
 protected:
  Error refused(Sink& sink) {
    const Status connected = sink.connect(patience(), {});
    EXPECT_FALSE(connected);
    return connected ? Error{} : connected.error();
  }
};

TEST_F(KafkaConnect, FindsTheTopicAndSendsNothing) {
  cluster_.create_topic("events", 4);
  const auto sink = make("topic: events");
  const Status connected = sink->connect(patience(), {});
  EXPECT_TRUE(connected) << connected.error().message;
  MockReader reader(cluster_.bootstrap(), "events", 4);
  EXPECT_TRUE(reader.read_to_end().empty());
}

TEST_F(KafkaConnect, SaysThatTheTopicIsMissing) {
  cluster_.fail_topic("nowhere", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const auto sink = make("topic: nowhere");
  const Error error = refused(*sink);
  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_THAT(error.message, HasSubstr("nowhere"));
}

TEST_F(KafkaConnect, SaysThatTheTopicIsNotAllowed) {
  cluster_.fail_topic("secret", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  const auto sink = make("topic: secret");
  const Error error = refused(*sink);
  EXPECT_EQ(error.code, ErrorCode::refused);
  EXPECT_THAT(error.message, HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
}

TEST_F(KafkaConnect, TopicOfEachEventIsNotAskedFor) {
  const auto sink = make("topic: t-${captures.site}");
  EXPECT_TRUE(sink->connect(patience(), {}));
}

TEST_F(KafkaConnect, SaysThatNobodyListens) {
  cluster_.set_down(MockCluster::kAll);
  const auto sink = make("topic: events");
  const Error error = refused(*sink);
  EXPECT_EQ(error.code, ErrorCode::unavailable);
  EXPECT_THAT(error.message, AnyOf(HasSubstr("refused"), HasSubstr("closed"), HasSubstr("isconnected")));
}

TEST_F(KafkaConnect, SaysThatTheNameDoesNotResolve) {
  const auto sink = make("topic: events", "no-such-host.invalid:9092");
  const Error error = refused(*sink);
  EXPECT_EQ(error.code, ErrorCode::unavailable);
  EXPECT_THAT(error.message, HasSubstr("resolve"));
}

TEST_F(KafkaConnect, SaysThatThePeerSpeaksNoTls) {
  const auto sink = make("topic: events\ntls: {}");
  const Error error = refused(*sink);
  EXPECT_EQ(error.code, ErrorCode::unavailable);
  EXPECT_THAT(error.message, AnyOf(HasSubstr("SSL"), HasSubstr("TLS")));
}

TEST_F(KafkaConnect, SucceedsAfterAFailure) {
  cluster_.create_topic("events", 1);
  cluster_.set_down(MockCluster::kAll);
  const auto sink = make("topic: events");
  refused(*sink);
  cluster_.set_up(MockCluster::kAll);
  const Deadline deadline = patience();
  Status connected = sink->connect(deadline, {});
  while (!connected && clock_.steady() < deadline.at) connected = sink->connect(deadline, {});
  EXPECT_TRUE(connected) << connected.error().message;
}

}  // namespace
}  // namespace tidegate::testing
