#include "store_rig.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "gateway/config/option_table.h"

namespace tidegate::stores {

namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::int64_t kNewYearMs = 1'767'225'600'000;  // 2026-01-01

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::delivered: return "delivered";
    case Fate::retry: return "retry";
    case Fate::unknown: return "unknown";
    case Fate::held: return "held";
    case Fate::rejected: break;
  }
  return "rejected";
}

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::none: return "none";
    case Cause::peer_down: return "peer_down";
    case Cause::throttled: return "throttled";
    case Cause::unauthorized: return "unauthorized";
    case Cause::too_large: return "too_large";
    case Cause::poison_suspected: return "poison_suspected";
    case Cause::gone: return "gone";
    case Cause::undone: break;
  }
  return "undone";
}

/// Options as a test writes them, in a map or without, with an address.
std::string block(const std::string& url, const std::string& yaml) {
  if (yaml.starts_with('{')) return fmt::format("{{ url: '{}', {}", url, yaml.substr(1));
  return fmt::format("url: {}\n{}", url, yaml);
}

}  // namespace

StoreRig::StoreRig(const OptionTable& table, MakeSink make, const std::string& yaml) {
  testing::ReceiverOptions options;
  options.respond = [this](const testing::ReceivedRequest&) {
    const std::lock_guard lock(mutex_);
    return next_;
  };
  auto receiver = testing::Receiver::start(std::move(options));
  EXPECT_TRUE(receiver) << receiver.error().message;
  receiver_ = *std::move(receiver);
  context_.name = "store";
  context_.route = "all";
  context_.clock = &clock_;
  const auto read = parse_text(table, block(receiver_->url("/base/"), yaml));
  EXPECT_TRUE(read) << read.error().message;
  auto sink = make(context_, *read);
  EXPECT_TRUE(sink) << sink.error().message;
  sink_ = *std::move(sink);
}

void StoreRig::answer(unsigned status, std::string body, std::vector<std::pair<std::string, std::string>> headers) {
  const std::lock_guard lock(mutex_);
  next_ = {};
  next_.status = status;
  next_.body = std::move(body);
  next_.headers = std::move(headers);
}

const OutEvent* StoreRig::event(std::string data, std::string subject) {
  auto out = std::make_unique<OutEvent>();
  const std::size_t number = events_.size() + 1;
  out->event.id = fmt::format("e{}", number);
  out->event.source = "/plant";
  out->event.type = "reading";
  out->event.subject = std::move(subject);
  out->event.time = WallTime{milliseconds{kNewYearMs} + std::chrono::seconds(number) + milliseconds{5}};
  out->event.data = std::move(data);
  out->captures = {{"site", "hall-2"}};
  events_.push_back(std::move(out));
  return events_.back().get();
}

Settled StoreRig::send(std::vector<const OutEvent*> events) {
  if (events.empty()) {
    for (const auto& event : events_) events.push_back(event.get());
  }
  sink_->submit({BatchId{1}, std::move(events)});
  std::vector<Settled> settled = sink_->wait(Deadline{clock_.steady() + kPatience}, {});
  EXPECT_EQ(settled.size(), 1u);
  return settled.empty() ? Settled{} : std::move(settled[0]);
}

Status StoreRig::connect() { return sink_->connect(Deadline{clock_.steady() + kPatience}, {}); }

testing::ReceivedRequest StoreRig::last() const {
  const auto requests = receiver_->requests();
  EXPECT_FALSE(requests.empty());
  return requests.empty() ? testing::ReceivedRequest{} : requests.back();
}

std::string told(const Settled& settled) {
  std::string out;
  for (const Outcome& outcome : settled.outcomes) {
    out += fmt::format("{}{}{}", name_of(outcome.fate), outcome.reason.empty() ? "" : ": ", outcome.reason);
    out += '\n';
  }
  return out + std::string(name_of(settled.cause));
}

std::string mistake(const OptionTable& table, const std::string& yaml) {
  const auto read = parse_text(table, block("http://127.0.0.1:1", yaml));
  return read ? "" : read.error().message;
}

}  // namespace tidegate::stores
