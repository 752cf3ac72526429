// What a cluster answers, and what becomes of the events.

#include <gmock/gmock.h>

#include <set>

#include "connectors/kafka/limits.h"
#include "tests/unit/kafka/sink_fixture.h"

namespace tidegate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KafkaAnswers : public KafkaSinkTest {
 protected:
  KafkaAnswers() { cluster_.create_topic("events", 1); }
  std::vector<ConsumedMessage> arrived(int partitions = 1) {
    MockReader reader(cluster_.bootstrap(), "events", partitions);
    return reader.read_to_end();
  }
};

TEST_F(KafkaAnswers, MessageArrivesAsTheBindingSays) {
  const auto sink = make("topic: events\nheaders: {plant: \"7\"}");
  EXPECT_EQ(fates(send(*sink, batch({"a/b"}, 1)), 1), "d");
  const auto messages = arrived();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].key, "a/b");
  EXPECT_EQ(messages[0].value, "1");
  EXPECT_EQ(messages[0].header("ce_id"), "id-1");
  EXPECT_EQ(messages[0].header("ce_subject"), "a/b");
  EXPECT_EQ(messages[0].header("content-type"), "application/json");
  EXPECT_EQ(messages[0].header("plant"), "7");
}

TEST_F(KafkaAnswers, EveryCompressionArrives) {
  std::size_t sent = 0;
  for (const char* name : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    const auto sink = make(std::string("topic: events\ncompression: ") + name);
    EXPECT_EQ(fates(send(*sink, batch({"a", "b"}, 20)), 1), "d") << name;
    sent += 20;
  }
  const Books books = check_books(arrived());
  EXPECT_EQ(books.distinct, sent);
  EXPECT_THAT(books.faults, IsEmpty());
}

TEST_F(KafkaAnswers, KeysSpreadOverPartitionsAndStayInTheirs) {
  cluster_.create_topic("wide", 8);
  const auto sink = make("topic: wide");
  std::vector<std::string> subjects;
  for (int i = 0; i < 40; ++i) subjects.push_back("device/" + std::to_string(i));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fates(send(*sink, batch(subjects, 200)), 1), "d");
  MockReader reader(cluster_.bootstrap(), "wide", 8);
  const auto messages = reader.read_to_end();
  const Books books = check_books(messages);
  EXPECT_EQ(books.distinct, 1000u);
  EXPECT_THAT(books.faults, IsEmpty());
  std::set<int> used;
  for (const ConsumedMessage& message : messages) used.insert(message.partition);
  EXPECT_GT(used.size(), 4u);
}

TEST_F(KafkaAnswers, EmptySubjectIsAKeyOfItsOwnAndEmptyPayloadNoTombstone) {
  cluster_.create_topic("wide", 8);
  const auto sink = make("topic: wide");
  const Batch one = batch({""}, 20);
  for (OutEvent& event : events_) event.event.data.clear();
  EXPECT_EQ(fates(send(*sink, one), 1), "d");
  MockReader reader(cluster_.bootstrap(), "wide", 8);
  const auto messages = reader.read_to_end();
  ASSERT_EQ(messages.size(), 20u);
  for (const ConsumedMessage& message : messages) {
    EXPECT_TRUE(message.has_key);
    EXPECT_TRUE(message.has_value);
    EXPECT_EQ(message.partition, messages[0].partition);
  }
}

TEST_F(KafkaAnswers, LargeEventsOfABatchAreRejectedAloneWithTheLimit) {
  const auto sink = make("topic: events\nmax_message_bytes: 10KB");
  const Batch three = batch({"a", "b", "c"}, 3);
  events_[1].event.data.assign(20'000, 'x');
  const Settled settled = send(*sink, three);
  EXPECT_EQ(fates(settled, 3), "dxd");
  EXPECT_EQ(settled.cause, Cause::none);
  EXPECT_THAT(settled.outcomes[1].reason, HasSubstr("max_message_bytes is 10000"));
}

TEST_F(KafkaAnswers, RefusalForNowIsRepeatedBelowTheSink) {
  cluster_.answer_next(KafkaRequest::produce,
                       {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                        RD_KAFKA_RESP_ERR__TRANSPORT});
  const auto sink = make("topic: events");
  EXPECT_EQ(fates(send(*sink, batch({"a"}, 10)), 1), "d");
  EXPECT_THAT(check_books(arrived()).faults, IsEmpty());
}

TEST_F(KafkaAnswers, RequestThatIsTooLargeIsHalvedUntilItIsTaken) {
  cluster_.answer_next(KafkaRequest::produce,
                       {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const auto sink = make("topic: events\nmax_message_bytes: 64KiB");
  const Batch ten = batch({"a"}, 10);
  for (int refusals = 0; refusals < 2; ++refusals) {
    const Settled settled = send(*sink, ten);
    EXPECT_EQ(fates(settled, 10), "rrrrrrrrrr");
    EXPECT_EQ(settled.cause, Cause::throttled) << "the lane must not take it for an outage";
    EXPECT_THAT(settled.outcomes[0].reason, HasSubstr("max.message.bytes"));
  }
  EXPECT_EQ(fates(send(*sink, ten), 10), "dddddddddd");
}

TEST_F(KafkaAnswers, MessageThatIsAloneAndTooLargeIsRejected) {
  cluster_.answer_next(KafkaRequest::produce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const auto sink = make("topic: events\nmax_message_bytes: 100KiB");
  const Batch one = batch({"a"}, 1);
  events_[0].event.data.assign(60'000, 'x');
  EXPECT_EQ(fates(send(*sink, one), 1), "r") << "it may have had company";
  cluster_.answer_next(KafkaRequest::produce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  EXPECT_EQ(fates(send(*sink, one), 1), "x");
  EXPECT_EQ(fates(send(*sink, batch({"b"}, 1)), 1), "d");
}

TEST_F(KafkaAnswers, PoisonedRequestIsSentAgainOneByOne) {
  cluster_.answer_next(KafkaRequest::produce, {RD_KAFKA_RESP_ERR_INVALID_RECORD});
  const auto sink = make("topic: events");
  const Batch five = batch({"a", "b", "c", "d", "e"}, 5);
  EXPECT_EQ(fates(send(*sink, five), 5), "rrrrr");
  cluster_.answer_next(KafkaRequest::produce, {RD_KAFKA_RESP_ERR_INVALID_RECORD});
  const Settled settled = send(*sink, five);
  const std::string found = fates(settled, 5);
  EXPECT_EQ(found[0], 'x') << "the first message went alone";
  EXPECT_EQ(found.find('x', 1), std::string::npos) << found;
}

TEST_F(KafkaAnswers, FatalErrorOfTheProducerLosesNothing) {
  const auto sink = make("topic: events");
  EXPECT_EQ(fates(send(*sink, batch({"a"}, 5)), 1), "d");
  cluster_.answer_next(KafkaRequest::produce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  const Batch next = batch({"a"}, 5);
  const Settled settled = send(*sink, next);
  ASSERT_EQ(settled.outcomes.size(), 5u);
  for (const Outcome& outcome : settled.outcomes)
    EXPECT_TRUE(outcome.fate == Fate::retry || outcome.fate == Fate::unknown);
  EXPECT_EQ(fates(send(*sink, next), 1), "d") << "by a new producer";
  const Books books = check_books(arrived());
  EXPECT_EQ(books.distinct, 10u);
  EXPECT_THAT(books.faults, IsEmpty());
}

TEST_F(KafkaAnswers, MissingRightIsTheCredentialsNotTheEvents) {
  cluster_.answer_next(KafkaRequest::produce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const auto sink = make("topic: events");
  const Settled settled = send(*sink, batch({"a"}, 2));
  EXPECT_EQ(fates(settled, 2), "rr");
  EXPECT_EQ(settled.cause, Cause::unauthorized);
}

TEST_F(KafkaAnswers, ClusterThatForbidsIdempotentWritesIsTheCredential) {
  cluster_.answer_next(KafkaRequest::init_producer_id, {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
  const auto sink = make("topic: events");
  const Settled settled = send(*sink, batch({"a"}, 2));
  EXPECT_EQ(fates(settled, 2), "rr");
  EXPECT_EQ(settled.cause, Cause::unauthorized) << settled.outcomes.front().reason;
}

TEST_F(KafkaAnswers, MissingTopicHoldsOnlyItsOwnEvents) {
  cluster_.create_topic("t-1", 1);
  cluster_.fail_topic("t-2", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const auto sink = make("topic: t-${subject}\ntimeout: {connect: 1s, delivery: 4s}");
  const Settled settled = send(*sink, batch({"1", "2"}, 4));
  EXPECT_EQ(fates(settled, 4), "drdr");
  EXPECT_THAT(settled.outcomes[1].reason, HasSubstr("no such topic"));
}

TEST_F(KafkaAnswers, MoreThanTheProducerHoldsWaitsItsTurn) {
  const auto sink = make("topic: events");
  const std::size_t batches = 4, events = kafka::limits::kBatchEventsMax;
  static_assert(4 * kafka::limits::kBatchEventsMax > kafka::limits::kMessagesOpenMax);
  for (std::size_t i = 0; i < batches; ++i) sink->submit(batch({"a", "b", "c"}, events));
  for (const Settled& each : settled(*sink, batches)) EXPECT_EQ(fates(each, 1), "d");
}

}  // namespace
}  // namespace tidegate::testing
