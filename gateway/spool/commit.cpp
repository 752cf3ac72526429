#include "gateway/spool/commit.h"

#include <algorithm>

#include "gateway/spool/spool_limits.h"
#include "gateway/spool/varint.h"

namespace tidegate {

Commit::Commit(Store& store, Books& books, BlockCodec& codec, const Rules& rules)
    : store_(store), books_(books), codec_(codec), rules_(rules) {
  books_.begin();
  store_.begin();
}

Status Commit::settle(const PendingSettlement& pending) {
  const Settlement& settlement = pending.settlement;
  LaneBook* const lane = books_.edit(settlement.lane);
  if (lane == nullptr) return Error{ErrorCode::not_found, "the spool knows no such lane"};
  if (pending.emitted.invalid)
    return Error{ErrorCode::invalid, "an emitted event breaks a limit, or it or a row of state has no name"};
  for (const Seq seq : settlement.filtered) lane->filtered += settle_once(*lane, seq) ? 1u : 0u;
  for (const DeadEvent& dead : settlement.dead) settle_dead(*lane, dead);
  for (const Deferred& deferred : settlement.deferred) settle_deferred(*lane, deferred);
  const Seq cursor = std::max(lane->cursor, std::min(settlement.cursor, books_.spool.last));
  // Last, and in their order: a sink that gathers delivers a million at once, and what the cursor passes need not be
  // put among the settled one by one.
  for (const Seq seq : settlement.delivered) {
    const bool passed = seq <= cursor && seq > lane->fence && !lane->deferred.contains(seq);
    const bool counts = passed ? lane->is_open(seq) : settle_once(*lane, seq);
    lane->delivered += counts ? 1u : 0u;
  }
  lane->cursor = cursor;
  lane->ahead.erase_to(cursor);
  for (const LaneStateChange& change : settlement.state) {
    if (change.erase)
      store_.erase_state(StateOf::lane, lane->id.value, change.key);
    else
      store_.put_state(StateOf::lane, lane->id.value, change.key, change.value);
  }
  if (!pending.emitted.lane_counts.empty()) append(pending.emitted);
  return {};
}

bool Commit::settle_once(LaneBook& lane, Seq seq) {
  if (!lane.deferred.erase(seq)) return settle_in_log(lane, seq);
  store_.erase_deferred(lane.id, seq);
  return true;
}

bool Commit::settle_in_log(LaneBook& lane, Seq seq) {
  if (seq > books_.spool.last) return false;
  if (seq <= lane.fence) {
    // The worker may have read this event before it was found lost, and counted as such.
    const auto heads = store_.heads(seq, seq, 1);
    const LaneRuns* const runs = heads.empty() ? nullptr : heads.front().lanes.find(lane.id);
    if (runs == nullptr || !runs->contains(seq.value - heads.front().first.value)) return false;
  }
  return lane.settle(seq);
}

void Commit::settle_dead(LaneBook& lane, const DeadEvent& dead) {
  if (!settle_once(lane, dead.seq)) return;
  store_.put_dead(lane.id, dead);
  ++(dead.why == DeadReason::expired ? lane.expired : lane.dead);
}

void Commit::settle_deferred(LaneBook& lane, const Deferred& deferred) {
  if (!lane.deferred.contains(deferred.seq)) {
    if (!settle_in_log(lane, deferred.seq)) return;
    lane.deferred.insert(deferred.seq);
  }
  store_.put_deferred(lane.id, deferred);
}

Admission Commit::append(const PendingAppend& pending) {
  SourceBook* const source = books_.edit(pending.source);
  if (source == nullptr || pending.invalid) return Admission::refused_invalid;
  RecordWalk walk(pending.records);
  std::size_t lane_at = 0;
  std::size_t from = 0;
  for (const std::uint16_t lanes : pending.lane_counts) {
    std::string_view record;
    walk.next(record);
    const std::string_view framed = std::string_view(pending.records).substr(from, walk.position() - from);
    from = walk.position();
    ++source->received;
    ++(lanes == 0 ? source->filtered : source->routed);
    if (lanes == 0 && rules_.retain.count() == 0) continue;
    if (lanes == 0) ++source->kept;
    if (head_.count == limits::kBlockEventsMax ||
        (head_.count > 0 && raw_.size() + framed.size() > limits::kBlockBytesMax))
      seal();
    for (std::uint16_t i = 0; i < lanes; ++i) head_.lanes.add(pending.lanes[lane_at++], head_.count);
    raw_.append(framed);
    ++head_.count;
  }
  source->repeats += pending.repeats;
  put_states(pending);
  return Admission::durable;
}

Admission Commit::refuse(const PendingAppend& pending) {
  SourceBook* const source = books_.edit(pending.source);
  if (source == nullptr || pending.invalid) return Admission::refused_invalid;
  for (const std::uint16_t lanes : pending.lane_counts) {
    ++source->received;
    ++(lanes == 0 ? source->filtered : source->evicted);
  }
  for (const LaneId id : pending.lanes)
    if (LaneBook* const lane = books_.edit(id); lane != nullptr) {
      ++lane->received;
      ++lane->evicted;
      // Never was in the log: leaves it at once, as far as the count of what has left it is concerned.
      ++lane->removed;
      ++effects_.evicted_events;
    }
  source->repeats += pending.repeats;
  put_states(pending);
  return Admission::refused_full;
}

void Commit::put_states(const PendingAppend& pending) {
  for (const SourceStateChange& change : pending.state) {
    if (change.erase)
      store_.erase_state(StateOf::source, pending.source.value, change.key);
    else
      store_.put_state(StateOf::source, pending.source.value, change.key, change.value);
  }
}

void Commit::seal() {
  if (head_.count == 0) return;
  head_.first = Seq{books_.spool.last.value + 1};
  head_.committed_at = rules_.now;
  head_.age = rules_.age;
  store_.put_block(head_, codec_.seal(head_.first, raw_));
  for (const LaneRuns& runs : head_.lanes.lanes()) {
    LaneBook* const lane = books_.edit(runs.lane);
    if (lane == nullptr) continue;
    lane->received += runs.events;
    effects_.brought.insert(lane->id);
  }
  effects_.events += head_.count;
  if (head_.lanes.empty()) books_.spool.may_hold_retained = true;
  advance_last(head_.count);
  raw_.clear();
  head_.lanes.clear();
  head_.count = 0;
}

std::uint64_t Commit::advance_last(std::uint32_t count) {
  SpoolBook& spool = books_.spool;
  // A block that is younger than `retain` need not be looked at before its time.
  const bool swept_all = spool.retention_swept == spool.last;
  spool.last = Seq{spool.last.value + count};
  if (swept_all && rules_.retain.count() == 0) spool.retention_swept = spool.last;
  return spool.last.value;
}

std::uint64_t Commit::retry_dead(const std::vector<std::uint64_t>& numbers) {
  std::uint64_t n = 0;
  for (const std::uint64_t number : numbers) {
    const auto row = store_.revive_dead(number, rules_.now);
    LaneBook* const lane = row ? books_.edit(row->lane) : nullptr;
    if (lane == nullptr) continue;
    --(row->why == DeadReason::expired ? lane->expired : lane->dead);
    lane->deferred.insert(row->seq);
    effects_.brought.insert(lane->id);
    effects_.revived.insert(lane->id);
    ++n;
  }
  return n;
}

std::uint64_t Commit::drop_dead(const std::vector<std::uint64_t>& numbers) {
  std::uint64_t n = 0;
  for (const std::uint64_t number : numbers) {
    const auto row = store_.erase_dead(number);
    LaneBook* const lane = row ? books_.edit(row->lane) : nullptr;
    if (lane == nullptr) continue;
    ++lane->dropped;
    ++n;
  }
  return n;
}

void Commit::set_block_aside(Seq first) {
  store_.set_block_aside(first, rules_.now);
  for (const auto& [id, lane] : books_.lanes()) books_.edit(id)->fence = books_.spool.last;
  set_aside_ = true;
}

void Commit::finish() {
  seal();
  // Of all lanes: an orphan that was dropped is not edited again until its blocks are removed.
  for (const auto& [id, lane] : books_.lanes())
    if (lane.swept_to < lane.cursor) sweep_lane(*books_.edit(id));
  sweep_retention();
  if (set_aside_) reconcile();
  forget_empty_lanes();
  for (LaneBook* const lane : books_.edited_lanes()) store_.put_lane(*lane);
  for (SourceBook* const source : books_.edited_sources()) store_.put_source(*source);
  ++books_.spool.commits;
  books_.spool.age = rules_.age;
  books_.spool.wall = rules_.now;
  store_.put_spool(books_.spool);
}

}  // namespace tidegate
