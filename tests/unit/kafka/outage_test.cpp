// Brokers fail and come back.

#include <gmock/gmock.h>

#include <functional>
#include <set>

#include <random>

#include "tests/unit/kafka/sink_fixture.h"

namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kPartitions = 6;

class KafkaOutage : public KafkaSinkTest {
 protected:
  KafkaOutage() { cluster_.create_topic("events", kPartitions); }

  std::vector<ConsumedMessage> arrived() {
    MockReader reader(cluster_.bootstrap(), "events", kPartitions);
    return reader.read_to_end();
  }

  /// Sends batches one after the other as a lane in order `strict` does: what is to be sent again goes first, in order.
  /// `between` runs after each submit. Checks that no batch breaks the contract.
  void drive(Sink& sink, std::size_t batches, const std::function<void(std::size_t)>& between) {
    std::vector<const OutEvent*> again;
    std::uint64_t repeated = 1'000'000;
    for (std::size_t round = 0; round < batches || !again.empty(); ++round) {
      Batch next = round < batches ? batch(kSubjects, 60) : Batch{BatchId{++repeated}, {}};
      next.events.insert(next.events.begin(), again.begin(), again.end());
      again.clear();
      const std::vector<const OutEvent*> events = next.events;
      sink.submit(std::move(next));
      between(round);
      const Settled settled = this->settled(sink).front();
      const std::string letters = fates(settled, events.size());
      ASSERT_EQ(letters.size(), events.size());
      std::set<std::string> held;
      for (std::size_t i = 0; i < events.size(); ++i) {
        ASSERT_NE(letters[i], 'x');
        if (letters[i] == 'd') {
          EXPECT_EQ(held.count(events[i]->event.subject), 0u) << "overtaken: " << letters;
        } else {
          again.push_back(events[i]);
          held.insert(events[i]->event.subject);
        }
      }
    }
  }

  void expect_books() {
    const Books books = check_books(arrived());
    EXPECT_EQ(books.distinct, events_.size());
    EXPECT_THAT(books.faults, IsEmpty());
  }

  const std::vector<std::string> kSubjects = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
};

TEST_F(KafkaOutage, BrokersThatComeBackInTimeCostNothing) {
  const auto sink = make("topic: events");
  int down = 0;
  drive(*sink, 30, [&](std::size_t round) {
    if (down != 0) cluster_.set_up(down);
    down = round % 3 == 2 ? 0 : static_cast<int>(round % 3) + 1;
    if (down != 0) cluster_.set_down(down);
    if (down != 0) cluster_.set_up(down);
  });
  expect_books();
}

TEST_F(KafkaOutage, BrokersThatStayAwayCostRepeatsAndNoOrder) {
  const auto sink = make("topic: events\ntimeout: {connect: 1s, delivery: 1s}");
  std::mt19937 random(7);
  int down = 0;
  drive(*sink, 8, [&](std::size_t round) {
    if (down != 0) cluster_.set_up(down);
    down = round < 8 ? static_cast<int>(random() % 4) : 0;
    if (down != 0) cluster_.set_down(down);
  });
  // The last batch may have been acknowledged before its broker went down.
  if (down != 0) cluster_.set_up(down);
  expect_books();
}

TEST_F(KafkaOutage, PartitionsThatMoveAreFollowed) {
  const auto sink = make("topic: events");
  drive(*sink, 20, [&](std::size_t round) {
    const int partition = static_cast<int>(round) % kPartitions;
    cluster_.set_leader("events", partition, static_cast<int>(round % 3) + 1);
  });
  expect_books();
}

TEST_F(KafkaOutage, WholeClusterAwayIsToldAndNothingWasTaken) {
  cluster_.set_down(MockCluster::kAll);
  const auto sink = make("topic: events\ntimeout: {connect: 1s, delivery: 60s}");
  const Batch some = batch(kSubjects, 20);
  const Settled settled = send(*sink, some);
  EXPECT_EQ(fates(settled, 20), std::string(20, 'r'));
  EXPECT_EQ(settled.cause, Cause::peer_down);
  EXPECT_THAT(settled.outcomes[0].reason, HasSubstr("no broker can be reached"));
  cluster_.set_up(MockCluster::kAll);
  Settled after = send(*sink, some);
  for (int i = 0; i < 10 && fates(after, 1) != "d"; ++i) after = send(*sink, some);
  EXPECT_EQ(fates(after, 1), "d");
  expect_books();
}

TEST_F(KafkaOutage, SilenceIsUnknownAndTheRepeatComesAfterIt) {
  const auto sink = make("topic: events\ntimeout: {connect: 1s, delivery: 1s}");
  EXPECT_EQ(fates(send(*sink, batch(kSubjects, 20)), 1), "d");
  for (int broker = 1; broker <= 3; ++broker) cluster_.delay_next(broker, KafkaRequest::produce, 10min);
  const Batch silent = batch(kSubjects, 20);
  const Settled settled = send(*sink, silent);
  EXPECT_EQ(fates(settled, 20), std::string(20, 'u'));
  EXPECT_EQ(settled.cause, Cause::peer_down);
  EXPECT_THAT(settled.outcomes[0].reason, HasSubstr("not acknowledged within 1000 ms"));
  EXPECT_EQ(fates(send(*sink, silent), 1), "d");
  expect_books();
}

TEST_F(KafkaOutage, CloseForgetsWhatIsOpenAndTheEventsAreFree) {
  const auto sink = make("topic: events");
  for (int broker = 1; broker <= 3; ++broker) cluster_.delay_next(broker, KafkaRequest::produce, 10min);
  sink->submit(batch(kSubjects, 2000));
  sink->wait({clock_.steady() + 20ms}, {});
  sink->close();
  events_.clear();
  EXPECT_TRUE(sink->wait({clock_.steady()}, {}).empty());
}

}  // namespace
}  // namespace tidegate::testing
