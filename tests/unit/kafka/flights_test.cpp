#include "connectors/kafka/flights.h"

#include <gtest/gtest.h>

#include <memory>

namespace tidegate::kafka {
namespace {

using namespace std::chrono_literals;

Ending with(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status = RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
  return {error, status, false};
}

class KafkaFlights : public ::testing::Test {
 protected:
  Batch batch(const std::vector<std::string>& subjects) {
    Batch made{BatchId{++batches_}, {}};
    for (const std::string& subject : subjects) {
      events_.push_back(std::make_unique<OutEvent>());
      events_.back()->event.subject = subject;
      made.events.push_back(events_.back().get());
    }
    return made;
  }
  void report(std::uint64_t ticket, Ending ending) {
    const Report one{ticket, ending};
    flights_.reported({&one, 1});
  }

  SystemClock clock_;
  Flights flights_{clock_};
  std::vector<std::unique_ptr<OutEvent>> events_;
  std::uint64_t batches_ = 0;
};

TEST_F(KafkaFlights, BatchIsCompleteWhenEveryEventHasEnded) {
  const std::uint64_t first = flights_.open(batch({"a", "b"}));
  const std::uint64_t second = flights_.open(batch({"c"}));
  flights_.hand(first, 2);
  flights_.hand(second, 1);
  EXPECT_EQ(flights_.handed(), 3u);
  report(first + 1, {});
  EXPECT_TRUE(flights_.take_complete().empty());
  report(second, {});
  report(first, {});
  EXPECT_EQ(flights_.handed(), 0u);
  const auto complete = flights_.take_complete();
  ASSERT_EQ(complete.size(), 2u);
  EXPECT_EQ(complete[0].batch.id, BatchId{2});
  EXPECT_TRUE(complete[0].outcomes.empty());
  EXPECT_EQ(complete[1].batch.id, BatchId{1});
  EXPECT_FALSE(flights_.oldest());
}

TEST_F(KafkaFlights, OneFailureLeavesTheOthersDelivered) {
  const std::uint64_t first = flights_.open(batch({"a", "b", "c"}));
  flights_.hand(first, 3);
  report(first, {});
  report(first + 1, with(RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED));
  report(first + 2, {});
  const auto complete = flights_.take_complete();
  ASSERT_EQ(complete.size(), 1u);
  ASSERT_EQ(complete[0].outcomes.size(), 3u);
  EXPECT_EQ(complete[0].outcomes[0].fate, Fate::delivered);
  EXPECT_EQ(complete[0].outcomes[1].fate, Fate::unknown);
  EXPECT_EQ(complete[0].outcomes[2].fate, Fate::delivered);
  EXPECT_EQ(complete[0].cause, Cause::peer_down);
}

TEST_F(KafkaFlights, WhatWasHandedOverIsUnknownAndTheRestCertainlyNotTaken) {
  const std::uint64_t first = flights_.open(batch({"a", "b", "c"}));
  flights_.hand(first, 2);
  flights_.give_up("the end", Cause::unauthorized);
  report(first, with(RD_KAFKA_RESP_ERR__PURGE_QUEUE));
  flights_.end_all("the end", Cause::unauthorized);
  const auto complete = flights_.take_complete();
  ASSERT_EQ(complete.size(), 1u);
  EXPECT_EQ(complete[0].outcomes[0].fate, Fate::retry);
  EXPECT_EQ(complete[0].outcomes[0].reason, "the end");
  EXPECT_EQ(complete[0].outcomes[1].fate, Fate::unknown);
  EXPECT_EQ(complete[0].outcomes[2].fate, Fate::retry);
  EXPECT_EQ(complete[0].cause, Cause::unauthorized);
  EXPECT_EQ(flights_.handed(), 0u);
}

TEST_F(KafkaFlights, ReportOfABatchThatIsOverIsNothing) {
  const std::uint64_t first = flights_.open(batch({"a"}));
  flights_.hand(first, 1);
  flights_.end_all("the end", Cause::peer_down);
  report(first, {});
  const auto complete = flights_.take_complete();
  ASSERT_EQ(complete.size(), 1u);
  EXPECT_EQ(complete[0].outcomes[0].fate, Fate::unknown);
  EXPECT_EQ(flights_.handed(), 0u);
}

TEST_F(KafkaFlights, SubjectOfAnEventThatGoesAgainIsHeld) {
  const std::uint64_t first = flights_.open(batch({"a", "b", "a", "c"}));
  flights_.hand(first, 2);
  std::size_t known = 0;
  EXPECT_TRUE(flights_.held_subjects(first, known).empty());
  report(first, with(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC));
  EXPECT_EQ(flights_.held_subjects(first, known), (std::unordered_set<std::string_view>{"a"}));
  EXPECT_TRUE(flights_.held_subjects(first, known).empty()) << "nothing new";
  flights_.end(first + 3, {{Fate::rejected, "too large"}});
  EXPECT_TRUE(flights_.held_subjects(first, known).empty()) << "a dead event holds nothing";
}

TEST_F(KafkaFlights, NewsEndAWaitAndAFullQueueRefillsInTime) {
  const std::uint64_t first = flights_.open(batch({"a", "b", "c", "d"}));
  flights_.hand(first, 4);
  flights_.set_refill(3);
  const SteadyTime never = clock_.steady() + 10min;
  report(first, {});
  flights_.wait(never);
  flights_.set_refill(std::nullopt);
  flights_.failed(RD_KAFKA_RESP_ERR__TRANSPORT, "gone", false);
  flights_.wait(never);
  flights_.wake();
  flights_.wait(never);
  EXPECT_TRUE(flights_.take_wake());
  EXPECT_FALSE(flights_.take_wake());
  const SteadyTime before = clock_.steady();
  flights_.wait(before + 1ms);
  EXPECT_GE(clock_.steady(), before + 1ms);
}

TEST_F(KafkaFlights, DeliveryEndsAnOutageAndFatalStays) {
  const std::uint64_t first = flights_.open(batch({"a"}));
  flights_.hand(first, 1);
  flights_.failed(RD_KAFKA_RESP_ERR__TRANSPORT, "connect refused", false);
  flights_.failed(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "3/3 brokers are down", false);
  EXPECT_TRUE(flights_.link().down_since);
  EXPECT_EQ(flights_.link().trouble, "connect refused") << "what says why is kept";
  report(first, {});
  EXPECT_FALSE(flights_.link().down_since);
  flights_.failed(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "fatal", true);
  flights_.failed(RD_KAFKA_RESP_ERR__TRANSPORT, "connect refused", false);
  EXPECT_TRUE(flights_.link().fatal);
  EXPECT_EQ(flights_.link().trouble, "fatal");
  flights_.new_link();
  EXPECT_FALSE(flights_.link().fatal);
}

}  // namespace
}  // namespace tidegate::kafka
