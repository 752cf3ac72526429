#include "connectors/kafka/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::kafka {
namespace {

using ::testing::HasSubstr;

constexpr auto kNot = RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
constexpr auto kPossibly = RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED;

struct Row {
  rd_kafka_resp_err_t error;
  rd_kafka_msg_status_t status;
  bool alone;
  Fate fate;
  Cause cause;
  Smaller smaller;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << rd_kafka_err2name(row.error); }
};

class KafkaVerdict : public ::testing::TestWithParam<Row> {};

TEST_P(KafkaVerdict, IsTheTables) {
  const Row& row = GetParam();
  const Verdict verdict = judge({row.error, row.status, row.alone});
  EXPECT_EQ(verdict.outcome.fate, row.fate);
  EXPECT_EQ(verdict.cause, row.cause);
  EXPECT_EQ(verdict.smaller, row.smaller);
  EXPECT_EQ(verdict.outcome.reason.empty(), row.fate == Fate::delivered);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, KafkaVerdict,
    ::testing::Values(
        Row{RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_MSG_STATUS_PERSISTED, false, Fate::delivered, Cause::none,
            Smaller::no},
        // What was certainly not taken, and what may have been.
        Row{RD_KAFKA_RESP_ERR__TRANSPORT, kNot, false, Fate::retry, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR__TRANSPORT, kPossibly, false, Fate::unknown, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR__PURGE_QUEUE, kNot, false, Fate::retry, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR__PURGE_QUEUE, kPossibly, false, Fate::unknown, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, kNot, false, Fate::unknown, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, kPossibly, false, Fate::unknown, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, kNot, false, Fate::retry, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, kPossibly, false, Fate::unknown, Cause::peer_down,
            Smaller::no},
        // The producer's own promises.
        Row{RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, kNot, false, Fate::retry, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, kPossibly, false, Fate::unknown, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE, kNot, false, Fate::retry, Cause::peer_down, Smaller::no},
        // Rights.
        Row{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, kNot, false, Fate::retry, Cause::unauthorized, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, kNot, false, Fate::retry, Cause::unauthorized, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, kNot, false, Fate::retry, Cause::unauthorized, Smaller::no},
        Row{RD_KAFKA_RESP_ERR__AUTHENTICATION, kNot, false, Fate::retry, Cause::unauthorized, Smaller::no},
        // Size and content: of a request with several messages none is condemned.
        Row{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, kNot, false, Fate::retry, Cause::throttled, Smaller::half},
        Row{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, kNot, true, Fate::rejected, Cause::none, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, kNot, false, Fate::retry, Cause::throttled, Smaller::half},
        Row{RD_KAFKA_RESP_ERR_INVALID_RECORD, kNot, false, Fate::retry, Cause::throttled, Smaller::one},
        Row{RD_KAFKA_RESP_ERR_INVALID_RECORD, kNot, true, Fate::rejected, Cause::none, Smaller::no},
        // What the configuration is to blame for drops nothing.
        Row{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, kNot, true, Fate::retry, Cause::none, Smaller::no},
        Row{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, kNot, true, Fate::retry, Cause::none, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, kNot, true, Fate::retry, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, kNot, true, Fate::retry, Cause::none, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, kNot, true, Fate::retry, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_POLICY_VIOLATION, kNot, true, Fate::retry, Cause::peer_down, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, kNot, true, Fate::retry, Cause::throttled, Smaller::no},
        Row{RD_KAFKA_RESP_ERR_UNKNOWN, kNot, true, Fate::retry, Cause::peer_down, Smaller::no}),
    [](const auto& row) {
      std::string name = rd_kafka_err2name(row.param.error);
      name += row.param.status == kNot ? "Not" : "Possibly";
      return name + (row.param.alone ? "Alone" : "") + std::to_string(row.index);
    });

TEST(KafkaVerdicts, EveryCodeThatExistsHasAFateAndIsNotDropped) {
  const rd_kafka_err_desc* known = nullptr;
  std::size_t count = 0;
  rd_kafka_get_err_descs(&known, &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (known[i].name == nullptr || known[i].code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const Fate fate = judge({known[i].code, kPossibly, false}).outcome.fate;
    EXPECT_EQ(fate, Fate::unknown) << known[i].name;
  }
}

TEST(KafkaVerdicts, WordsNameTheCode) {
  EXPECT_THAT(judge({RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, kNot, false}).outcome.reason,
              HasSubstr("NOT_ENOUGH_REPLICAS: Broker:"));
  EXPECT_EQ(words_of(RD_KAFKA_RESP_ERR__SSL).substr(0, 4), "SSL:");
}

}  // namespace
}  // namespace tidegate::kafka
