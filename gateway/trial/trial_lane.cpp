#include "gateway/trial/trial_lane.h"

#include <algorithm>
#include <utility>

#include "gateway/trial/sink_desk.h"

namespace tidegate {

namespace {

LaneState empty_lane(const TrialLaneSetup& setup) {
  LaneState state;
  state.id = setup.id;
  state.route = setup.route.name;
  state.sink = setup.sink.name;
  return state;
}

bool is_delivered(const Settled& settled, std::size_t event) {
  const auto& outcomes = settled.outcomes;
  return outcomes.size() == 1 ? outcomes[0].fate == Fate::delivered
                              : event < outcomes.size() && outcomes[event].fate == Fate::delivered;
}

}  // namespace

TrialLane::TrialLane(TrialLaneSetup setup, Instant now)
    : setup_(std::move(setup)),
      random_(setup_.seed),
      peer_(setup_.script, *setup_.sink.type, now.steady),
      scheduler_(setup_.sink.delivery, setup_.limits, empty_lane(setup_), {}, *setup_.shaper, random_, now) {}

void TrialLane::append(StoredEvent event) {
  log_.push_back(std::move(event));
  ++received_;
  scheduler_.more_committed();
}

void TrialLane::step(Instant now) {
  for (bool moved = true; moved;) {
    moved = collect(now);
    connect(now.steady);
    scheduler_.tick(now);
    moved = read(now) || moved;
    moved = send(now) || moved;
    moved = settle(now) || moved;
  }
}

SteadyTime TrialLane::next(Instant now) const {
  const SteadyTime look = scheduler_.look_again(now);
  return flights_.empty() ? look : std::min(look, flights_.begin()->first);
}

bool TrialLane::collect(Instant now) {
  bool moved = false;
  while (!flights_.empty() && flights_.begin()->first <= now.steady) {
    Flight flight = std::move(flights_.begin()->second);
    flights_.erase(flights_.begin());
    for (std::size_t i = 0; i < flight.events.size(); ++i) {
      if (is_delivered(flight.settled, i)) delivered_.push_back(std::move(flight.events[i]));
    }
    scheduler_.ended(flight.settled, now);
    moved = true;
  }
  return moved;
}

void TrialLane::connect(SteadyTime now) {
  Gate& gate = scheduler_.gate();
  if (gate.wants_refresh(now)) gate.refreshed();
  if (!gate.wants_connect(now)) return;
  if (peer_.connects(now)) {
    gate.connected();
  } else {
    gate.connect_failed(now, "the peer is down");
  }
}

LaneRead TrialLane::read_log(const ReadWish& wish) const {
  LaneRead read;
  read.scanned_to = wish.from;
  std::size_t bytes = 0;
  const auto first = std::ranges::upper_bound(log_, wish.from, {}, &StoredEvent::seq);
  for (auto event = first; event != log_.end(); ++event) {
    bytes += payload_bytes(event->event);
    if (read.events.size() == wish.events_max || (bytes > wish.bytes_max && !read.events.empty())) return read;
    read.events.push_back(*event);
    read.scanned_to = event->seq;
  }
  read.at_end = true;
  return read;
}

bool TrialLane::read(Instant now) {
  bool moved = false;
  while (const auto wish = scheduler_.wants_read(now)) {
    scheduler_.accept(read_log(*wish), now);
    moved = true;
  }
  return moved;
}

bool TrialLane::send(Instant now) {
  bool moved = false;
  while (const auto batch = scheduler_.next_batch(now)) {
    ScriptedPeer::Reply reply = peer_.answer(*batch, now.steady);
    Flight flight{now.steady + reply.takes, std::move(reply.settled), {}};
    flight.events.reserve(batch->events.size());
    for (const OutEvent* event : batch->events) flight.events.push_back(*event);
    flights_.emplace(flight.ends, std::move(flight));
    ++requests_;
    moved = true;
  }
  return moved;
}

bool TrialLane::settle(Instant now) {
  bool moved = false;
  while (auto settlement = scheduler_.next_settlement(now)) {
    settled_ += settlement->delivered.size() + settlement->dead.size() + settlement->filtered.size();
    for (DeadEvent& dead : settlement->dead) dead_.push_back(std::move(dead));
    for (Event& event : settlement->emitted) append({setup_.next_seq(), std::move(event), kTrialSources.window});
    scheduler_.settlement_done();
    moved = true;
  }
  return moved;
}

LaneOutcome TrialLane::outcome() const { return {delivered_, dead_, scheduler_.counts().filtered, pending()}; }

}  // namespace tidegate
