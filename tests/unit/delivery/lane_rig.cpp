#include "tests/unit/delivery/lane_rig.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tidegate::testing {

namespace {

constexpr LaneId kLane{7};

}  // namespace

Event event_of(const std::string& key, std::size_t bytes) {
  Event event;
  event.subject = key;
  event.data.assign(bytes, 'x');
  return event;
}

LaneRig::LaneRig(DeliveryOptions with, SinkLimits sink_limits)
    : options(with), sink(sink_limits), spool(kLane, [this](const std::string& text) {
        complaints.push_back(text);
        ADD_FAILURE() << text;
      }) {
  restart();
}

void LaneRig::restart() {
  spool.crash();
  lane =
      std::make_unique<Scheduler>(options, sink, spool.state(), spool.deferred(), *shaper, random, now(), destinations);
  lane->gate().connected();
  read();
}

void LaneRig::begin_anew() {
  settle();
  shaper = make_capture_shaper(*TopicFilter::parse("#"));
  lane->begin_anew(spool.state(), spool.deferred(), *shaper, now());
  read();
}

void LaneRig::append(const std::vector<std::string>& keys, std::size_t bytes) {
  for (const std::string& key : keys) {
    Event event = event_of(key, bytes);
    event.time = clock.wall();
    event.id = std::to_string(spool.last() + 1);
    spool.append(std::move(event), true);
  }
  lane->more_committed();
  read();
}

void LaneRig::read() {
  while (const auto wish = lane->wants_read(now())) {
    lane->accept(spool.read(wish->from, wish->events_max, wish->bytes_max), now());
  }
}

std::vector<SentBatch> LaneRig::send() {
  std::vector<SentBatch> sent;
  while (const auto batch = lane->next_batch(now())) {
    SentBatch each{batch->id, {}, batch->more};
    for (const OutEvent* out : batch->events) each.seqs.push_back(std::stoull(out->event.id));
    sent.push_back(std::move(each));
  }
  return sent;
}

SentBatch LaneRig::send_one() {
  std::vector<SentBatch> sent = send();
  EXPECT_EQ(sent.size(), 1U);
  return sent.empty() ? SentBatch{} : sent.front();
}

void LaneRig::end(const SentBatch& batch, Fate fate, Cause cause, std::optional<milliseconds> retry_after) {
  Settled settled{batch.id, {Outcome{fate, "why"}}, cause, retry_after};
  lane->ended(settled, now());
}

void LaneRig::end(const SentBatch& batch, const std::vector<Fate>& fates, Cause cause) {
  Settled settled{batch.id, {}, cause, {}};
  for (const Fate fate : fates) settled.outcomes.push_back({fate, "why"});
  lane->ended(settled, now());
}

void LaneRig::settle() {
  while (auto settlement = lane->next_settlement(now())) {
    spool.settle(std::move(*settlement));
    while (spool.commit()) lane->settlement_done();
  }
}

std::pair<SentBatch, milliseconds> LaneRig::wait_for_batch(milliseconds limit) {
  milliseconds waited{0};
  while (true) {
    const std::vector<SentBatch> sent = send();
    EXPECT_LE(sent.size(), 1U);
    if (!sent.empty() || waited >= limit) return {sent.empty() ? SentBatch{} : sent.front(), waited};
    waited += advance_to_look(limit - waited);
  }
}

milliseconds LaneRig::advance_to_look(milliseconds limit) {
  const SteadyTime at = lane->look_again(now());
  if (at <= clock.steady()) return milliseconds{0};
  const milliseconds by =
      at == SteadyTime::max() ? limit : std::min(limit, std::chrono::ceil<milliseconds>(at - clock.steady()));
  advance(by);
  return by;
}

}  // namespace tidegate::testing
