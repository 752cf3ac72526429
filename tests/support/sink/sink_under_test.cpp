#include "tests/support/sink/sink_under_test.h"

#include <gtest/gtest.h>

#include "gateway/config/option_table.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::testing {

ScriptedService::ScriptedService() {
  ReceiverOptions options;
  options.respond = [this](const ReceivedRequest&) { return next(); };
  auto started = Receiver::start(std::move(options));
  EXPECT_TRUE(started) << started.error().message;
  receiver_ = *std::move(started);
}

ScriptedService::~ScriptedService() { receiver_->stop(); }

std::string ScriptedService::origin() const { return receiver_->url(""); }

void ScriptedService::answer(std::vector<Answer> answers) {
  const std::lock_guard lock(mutex_);
  answers_.assign(std::make_move_iterator(answers.begin()), std::make_move_iterator(answers.end()));
}

void ScriptedService::answer(unsigned status, std::string body,
                             std::vector<std::pair<std::string, std::string>> headers) {
  Answer one;
  one.status = status;
  one.body = std::move(body);
  one.headers = std::move(headers);
  answer({std::move(one)});
}

ReceivedRequest ScriptedService::last() const {
  const auto all = requests();
  EXPECT_FALSE(all.empty());
  return all.empty() ? ReceivedRequest{} : all.back();
}

Answer ScriptedService::next() {
  const std::lock_guard lock(mutex_);
  if (answers_.empty()) return {};
  Answer one = answers_.front();
  if (answers_.size() > 1) answers_.pop_front();
  return one;
}

std::vector<OutEvent> numbered_events(int count, int first) {
  std::vector<OutEvent> events(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    Event& event = events[static_cast<std::size_t>(i)].event;
    const std::string number = std::to_string(first + i);
    event.id = "id-" + number;
    event.source = "/test/source";
    event.type = "tidegate.test";
    event.subject = "a/b";
    event.time = *parse_rfc3339("2026-01-02T03:04:05.678Z");
    event.data = R"({"n":)" + number + "}";
  }
  return events;
}

SinkUnderTest::SinkUnderTest(SinkKind kind, const std::string& yaml, const std::string& route) {
  context_.gateway_id = "test";
  context_.name = "cloud";
  context_.route = route;
  context_.clock = &clock_;
  context_.delivery = &delivery_;
  auto options = parse_text(*kind.options(), yaml);
  if (!options) {
    ADD_FAILURE() << options.error().message;
    return;
  }
  auto made = kind.make(context_, *options);
  EXPECT_TRUE(made) << made.error().message;
  if (made) sink_ = *std::move(made);
}

Settled SinkUnderTest::send(const std::vector<OutEvent>& events, bool more) {
  Batch batch;
  batch.id = BatchId{1};
  batch.more = more;
  for (const OutEvent& event : events) batch.events.push_back(&event);
  sink_->submit(std::move(batch));
  const Deadline deadline{clock_.steady() + kSinkPatience};
  while (clock_.steady() < deadline.at) {
    std::vector<Settled> all = sink_->wait(deadline, {});
    if (!all.empty()) return std::move(all.front());
  }
  ADD_FAILURE() << "the batch was not settled";
  return {BatchId{0}, {Outcome{}}, Cause::none, std::nullopt};
}

std::string SinkUnderTest::connect() {
  const Status connected = sink_->connect({clock_.steady() + kSinkPatience}, {});
  return connected ? std::string() : connected.error().message;
}

void expect_judged(ScriptedService& service, SinkKind kind, const std::string& yaml,
                   const std::vector<AnswerCase>& cases) {
  for (const AnswerCase& one : cases) {
    SCOPED_TRACE(one.reason);
    service.answer(one.status, one.body);
    SinkUnderTest sink(kind, yaml);
    const Settled settled = sink.send(numbered_events(static_cast<int>(one.events)));
    EXPECT_EQ(settled.outcomes.front().fate, one.fate);
    EXPECT_EQ(settled.cause, one.cause);
    EXPECT_EQ(settled.outcomes.front().reason, one.reason);
  }
}

std::string fault_of(SinkKind kind, const std::string& yaml) {
  const auto options = parse_text(*kind.options(), yaml);
  return options ? std::string() : options.error().message;
}

}  // namespace tidegate::testing
