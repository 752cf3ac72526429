#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "tests/support/kafka/mock_cluster.h"

namespace tidegate::testing {

/// How long a test waits for what must happen; only a broken test waits that long.
inline constexpr milliseconds kPatience{60'000};

/// A Kafka sink in front of a mock cluster of three brokers.
class KafkaSinkTest : public ::testing::Test {
 protected:
  KafkaSinkTest();

  /// `yaml`: the sink's options besides `brokers`.
  std::unique_ptr<Sink> make(const std::string& yaml, const std::string& brokers = "");
  [[nodiscard]] Deadline patience() const { return {clock_.steady() + kPatience}; }

  /// Events on the subjects in turn; the payload is the number of the event on its subject, from 1. They live as long
  /// as the test.
  Batch batch(const std::vector<std::string>& subjects, std::size_t count);
  /// What becomes of the next `count` batches.
  std::vector<Settled> settled(Sink& sink, std::size_t count = 1);
  Settled send(Sink& sink, Batch batch);

  MockCluster cluster_;
  SystemClock clock_;
  ConnectorContext context_;
  std::deque<OutEvent> events_;

 private:
  std::map<std::string, int> numbers_;
  std::uint64_t batches_ = 0;
};

/// One fate per event, "d" delivered, "r" retry, "u" unknown, "x" rejected: "dddx".
std::string fates(const Settled& settled, std::size_t events);

/// What the partitions hold, checked by itself: of each key the first arrivals are in order and without a gap.
struct Books {
  std::size_t distinct = 0;
  std::size_t repeats = 0;
  std::vector<std::string> faults;
};
Books check_books(const std::vector<ConsumedMessage>& messages);

}  // namespace tidegate::testing
