#include "tests/unit/kafka/sink_fixture.h"

#include <fmt/format.h>

#include "connectors/kafka/kafka.h"
#include "gateway/config/option_table.h"

namespace tidegate::testing {

KafkaSinkTest::KafkaSinkTest() {
  context_.gateway_id = "gw";
  context_.name = "out";
  context_.clock = &clock_;
}

std::unique_ptr<Sink> KafkaSinkTest::make(const std::string& yaml, const std::string& brokers) {
  const auto options =
      parse_text(*kafka_sink_options(),
                 fmt::format("brokers: \"{}\"\n{}", brokers.empty() ? cluster_.bootstrap() : brokers, yaml));
  EXPECT_TRUE(options) << options.error().message;
  if (!options) return nullptr;
  auto made = make_kafka_sink(context_, *options);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : nullptr;
}

Batch KafkaSinkTest::batch(const std::vector<std::string>& subjects, std::size_t count) {
  Batch made{BatchId{++batches_}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    OutEvent& out = events_.emplace_back();
    out.event.subject = subjects[i % subjects.size()];
    out.event.id = fmt::format("id-{}", events_.size());
    out.event.source = "/gw/floor";
    out.event.type = "tidegate.mqtt.message";
    out.event.data = std::to_string(++numbers_[out.event.subject]);
    made.events.push_back(&out);
  }
  return made;
}

std::vector<Settled> KafkaSinkTest::settled(Sink& sink, std::size_t count) {
  std::vector<Settled> all;
  const Deadline deadline = patience();
  while (all.size() < count && clock_.steady() < deadline.at) {
    for (Settled& one : sink.wait(deadline, {})) all.push_back(std::move(one));
  }
  EXPECT_EQ(all.size(), count);
  all.resize(count);
  return all;
}

Settled KafkaSinkTest::send(Sink& sink, Batch batch) {
  sink.submit(std::move(batch));
  return settled(sink).front();
}

std::string fates(const Settled& settled, std::size_t events) {
  std::string letters;
  for (std::size_t i = 0; i < events; ++i) {
    if (settled.outcomes.empty()) return "(nothing)";
    const Outcome& outcome = settled.outcomes.size() == 1 ? settled.outcomes.front() : settled.outcomes.at(i);
    letters += "drux"[static_cast<int>(outcome.fate)];
  }
  return letters;
}

Books check_books(const std::vector<ConsumedMessage>& messages) {
  Books books;
  std::map<std::string, int> highest;
  std::map<std::string, int> partition;
  for (const ConsumedMessage& message : messages) {
    const int number = std::stoi(message.value);
    int& last = highest[message.key];
    if (number == last + 1) {
      last = number;
      ++books.distinct;
    } else if (number <= last) {
      ++books.repeats;
    } else {
      books.faults.push_back(fmt::format("{}: {} came after {}", message.key, number, last));
    }
    if (partition.emplace(message.key, message.partition).first->second != message.partition)
      books.faults.push_back(fmt::format("{} is in two partitions", message.key));
  }
  return books;
}

}  // namespace tidegate::testing
