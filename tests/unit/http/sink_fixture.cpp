#include "tests/unit/http/sink_fixture.h"

#include <gtest/gtest.h>

#include <any>

#include "connectors/http/http.h"
#include "gateway/config/option_table.h"

namespace tidegate::http {

std::vector<OutEvent> numbered_events(int count, int first) {
  std::vector<OutEvent> events(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    Event& event = events[static_cast<std::size_t>(i)].event;
    const std::string number = std::to_string(first + i);
    event.id = "id-" + number;
    event.source = "/test/source";
    event.type = "tidegate.test";
    event.subject = "a/b";
    event.time = WallTime{milliseconds{1'760'000'000'000}};
    event.data = R"({"n":)" + number + "}";
  }
  return events;
}

Batch batch_of(const std::vector<OutEvent>& events, std::uint64_t id) {
  Batch batch;
  batch.id = BatchId{id};
  for (const OutEvent& event : events) batch.events.push_back(&event);
  return batch;
}

SinkUnderTest::SinkUnderTest(const std::string& yaml, std::size_t max_events, const Clock* clock)
    : clock_(clock != nullptr ? clock : &system_clock_) {
  delivery_.batch.max_events = max_events;
  context_.gateway_id = "test";
  context_.name = "cloud";
  context_.clock = clock_;
  context_.delivery = &delivery_;
  auto options = parse_text(*http_sink_options(), yaml);
  if (!options) {
    ADD_FAILURE() << options.error().message;
    return;
  }
  auto made = make_http_sink(context_, *options);
  EXPECT_TRUE(made) << made.error().message;
  sink_ = *std::move(made);
}

Settled SinkUnderTest::send(const std::vector<OutEvent>& events) const {
  sink_->submit(batch_of(events));
  auto ended = settled(1);
  return ended.empty() ? Settled{BatchId{0}, {Outcome{}}, Cause::none, std::nullopt} : std::move(ended.front());
}

std::vector<Settled> SinkUnderTest::settled(std::size_t count) const {
  std::vector<Settled> all;
  const Deadline deadline = in(kPatience);
  while (all.size() < count && clock_->steady() < deadline.at) {
    for (Settled& one : sink_->wait(deadline, {})) all.push_back(std::move(one));
  }
  EXPECT_EQ(all.size(), count);
  return all;
}

std::unique_ptr<testing::Receiver> start_receiver(testing::ReceiverOptions options) {
  auto receiver = testing::Receiver::start(std::move(options));
  EXPECT_TRUE(receiver) << receiver.error().message;
  return *std::move(receiver);
}

}  // namespace tidegate::http
