#include <algorithm>

#include "gateway/spool/commit.h"
#include "gateway/spool/spool_limits.h"

/// How events leave the log: settled and old enough, to make room, or because they cannot be read.
namespace tidegate {

bool Commit::settled(const BlockHead& head, LaneId but_for) const {
  for (const LaneRuns& runs : head.lanes.lanes()) {
    if (runs.lane == but_for) continue;
    const LaneBook* const lane = books_.lane(runs.lane);
    if (lane != nullptr && lane->unsettled(head.first, runs) > 0) return false;
  }
  return true;
}

void Commit::remove(const BlockHead& head) {
  store_.erase_block(head.first);
  for (const LaneRuns& runs : head.lanes.lanes())
    if (LaneBook* const lane = books_.edit(runs.lane); lane != nullptr) lane->removed += runs.events;
}

void Commit::evict(const BlockHead& head) {
  for (const LaneRuns& runs : head.lanes.lanes()) {
    LaneBook* const lane = books_.edit(runs.lane);
    const std::uint64_t unsettled = lane == nullptr ? 0 : lane->unsettled(head.first, runs);
    if (unsettled == 0) continue;
    lane->evicted += unsettled;
    effects_.evicted_events += unsettled;
    // The cursor also passes younger blocks' events only if they come before it: blocks are evicted oldest first.
    const Seq last{head.first.value + runs.last_index()};
    if (lane->cursor < last) lane->cursor = last;
    lane->ahead.erase_to(lane->cursor);
    effects_.evicted[lane->id] = lane->cursor;
  }
  remove(head);
}

bool Commit::remove_next_retained(Seq& from) {
  while (books_.spool.may_hold_retained) {
    const auto heads = store_.heads(Seq{from.value + 1}, books_.spool.last, limits::kSweepBlocksPerCommit);
    for (const BlockHead& head : heads) {
      from = head.last();
      if (head.damaged || !settled(head)) continue;
      remove(head);
      return true;
    }
    if (heads.size() == limits::kSweepBlocksPerCommit) continue;
    books_.spool.may_hold_retained = false;
  }
  return false;
}

bool Commit::evict_oldest() {
  const auto heads = store_.heads(Seq{1}, books_.spool.last, 1);
  if (heads.empty()) return false;
  if (heads.front().damaged)
    set_block_aside(heads.front().first);
  else
    evict(heads.front());
  return true;
}

void Commit::sweep_lane(LaneBook& lane) {
  const auto heads = store_.heads(Seq{lane.swept_to.value + 1}, lane.cursor, limits::kSweepBlocksPerCommit);
  for (const BlockHead& head : heads) {
    if (head.damaged) {
      set_block_aside(head.first);
      continue;
    }
    if (!settled(head)) continue;
    // A block that `retain` still holds is left to sweep_retention().
    if (rules_.retain.count() == 0 || head.last() <= books_.spool.retention_swept)
      remove(head);
    else
      books_.spool.may_hold_retained = true;
  }
  const bool all = heads.size() < limits::kSweepBlocksPerCommit;
  lane.swept_to = all ? lane.cursor : std::min(lane.cursor, heads.back().last());
  effects_.more_to_sweep = effects_.more_to_sweep || !all;
}

void Commit::sweep_retention() {
  SpoolBook& spool = books_.spool;
  if (spool.retention_swept >= spool.last || rules_.age < spool.next_expiry) return;
  const auto heads = store_.heads(Seq{spool.retention_swept.value + 1}, spool.last, limits::kSweepBlocksPerCommit);
  for (const BlockHead& head : heads) {
    if (head.damaged) {
      set_block_aside(head.first);
      continue;
    }
    if (head.age + rules_.retain > rules_.age) {
      spool.next_expiry = head.age + rules_.retain;
      return;
    }
    spool.retention_swept = head.last();
    if (settled(head)) remove(head);
  }
  const bool all = heads.size() < limits::kSweepBlocksPerCommit;
  if (all) spool.retention_swept = spool.last;
  effects_.more_to_sweep = effects_.more_to_sweep || !all;
}

}  // namespace tidegate
