#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/limits.h"
#include "gateway/spool/commit.h"
#include "gateway/spool/record.h"
#include "gateway/spool/spool_limits.h"
#include "gateway/spool/varint.h"

/// How a lane that the config no longer names leaves: dropped, adopted by another lane, or simply empty. What was
/// decided is a row of `lane_state`, and every step is a commit: a crash between two of them costs nothing.
namespace tidegate {

namespace {

Error no_such_lane(const std::string& name) {
  return {ErrorCode::not_found, fmt::format("there is no lane {}: `tidegate status` lists the orphans", name)};
}

}  // namespace

std::string encode_leaving(const LaneBook& lane) {
  std::string out;
  put_varint(out, static_cast<std::uint64_t>(lane.leaving));
  put_varint(out, lane.adopted_by.value);
  return out;
}

bool decode_leaving(std::string_view bytes, LaneBook& lane) {
  ByteReader in(bytes);
  const std::uint64_t leaving = in.varint();
  const std::uint64_t adopted_by = in.varint();
  if (!in.ok() || !in.at_end() || leaving > static_cast<std::uint64_t>(Orphan::Leaving::adopted)) return false;
  lane.leaving = static_cast<Orphan::Leaving>(leaving);
  lane.adopted_by = LaneId{static_cast<std::uint32_t>(adopted_by)};
  return true;
}

Result<std::uint64_t> Commit::decide(const LaneChange& change) {
  const LaneBook* const found = books_.lane(change.route, change.sink);
  const std::string name = change.route + "/" + change.sink;
  if (found == nullptr || (!found->configured && found->empty())) return no_such_lane(name);
  if (found->configured)
    return Error{ErrorCode::refused,
                 fmt::format("lane {} is in the config and delivers: only an orphan can be dropped or adopted", name)};
  LaneBook& lane = *books_.edit(found->id);
  if (!change.adopts()) {
    lane.leaving = Orphan::Leaving::dropped;
  } else {
    const LaneBook* const target = books_.lane(change.to_route, change.to_sink);
    const std::string to_name = change.to_route + "/" + change.to_sink;
    if (target == nullptr || !target->configured)
      return Error{ErrorCode::refused,
                   fmt::format("lane {} is not in the config: nothing would deliver what it adopts", to_name)};
    if (lane.leaving == Orphan::Leaving::dropped)
      return Error{ErrorCode::refused, fmt::format("lane {} is being dropped", name)};
    lane.leaving = Orphan::Leaving::adopted;
    lane.adopted_by = target->id;
  }
  store_.put_state(StateOf::lane, lane.id.value, "", encode_leaving(lane));
  return lane.pending() + (change.adopts() ? 0 : lane.resting());
}

bool Commit::leave_step(LaneId id, bool may_grow) {
  LaneBook& lane = *books_.edit(id);
  // A config that names the lane again overrules what was decided about an orphan.
  if (!lane.configured && lane.leaving == Orphan::Leaving::dropped) {
    drop_step(lane);
    if (!lane.empty()) return true;
  } else if (LaneBook* const target = books_.edit(lane.adopted_by);
             !lane.configured && target != nullptr && target->configured && lane.pending() > 0) {
    const bool moved =
        lane.deferred.size() > 0 ? adopt_deferred(lane, *target) : adopt_from_log(lane, *target, may_grow);
    // A block that had to be set aside is booked as lost at the end of the commit: come back for the rest.
    if (lane.pending() > 0 || set_aside_) return moved;
  }
  lane.leaving = Orphan::Leaving::no;
  store_.erase_state(StateOf::lane, lane.id.value, "");
  return true;
}

void Commit::drop_step(LaneBook& lane) {
  lane.evicted += lane.pending() - lane.deferred.size();
  lane.cursor = books_.spool.last;
  lane.ahead.erase_to(lane.cursor);
  std::size_t rows = 0;
  while (!lane.deferred.members().empty() && rows < limits::kLeaveRowsPerCommit) {
    const Seq seq = lane.deferred.members().back();
    store_.erase_deferred(lane.id, seq);
    lane.deferred.erase(seq);
    ++lane.evicted;
    ++rows;
  }
  if (rows == limits::kLeaveRowsPerCommit) return;
  const std::uint64_t erased = store_.erase_letters_of(lane.id, limits::kLeaveRowsPerCommit - rows);
  // The books must not wait for letters that are not there.
  lane.dropped += rows + erased == 0 ? lane.resting() : erased;
}

bool Commit::adopt_deferred(LaneBook& lane, LaneBook& target) {
  const std::size_t held = std::min(target.deferred.size(), limits::kDeferredEventsMax);
  const std::size_t n =
      std::min({lane.deferred.size(), limits::kLeaveRowsPerCommit, limits::kDeferredEventsMax - held});
  SourceBook* const source = books_.edit(rules_.adopt);
  if (n == 0 || source == nullptr) return false;
  // They get positions of their own, which no block holds: the lane may have had the events at the old ones itself.
  seal();
  const std::vector<Seq> moving(lane.deferred.members().begin(),
                                lane.deferred.members().begin() + static_cast<std::ptrdiff_t>(n));
  for (const Seq from : moving) {
    const Seq to{advance_last(1)};
    store_.move_deferred(lane.id, from, target.id, to);
    lane.deferred.erase(from);
    target.deferred.insert(to);
    // As one that was deferred from the log: whoever names it again once it is settled is not counted.
    target.ahead.insert(to);
  }
  lane.filtered += n;
  source->received += n;
  source->routed += n;
  target.received += n;
  target.removed += n;
  effects_.brought.insert(target.id);
  effects_.revived.insert(target.id);
  return true;
}

bool Commit::adopt_from_log(LaneBook& lane, const LaneBook& target, bool may_grow) {
  if (books_.edit(rules_.adopt) == nullptr) return false;
  bool moved = false;
  std::uint64_t bytes = 0;
  const auto heads = store_.heads(Seq{lane.cursor.value + 1}, books_.spool.last, limits::kSweepBlocksPerCommit);
  for (const BlockHead& head : heads) {
    if (bytes >= limits::kLeaveBytesPerCommit) return true;
    const LaneRuns* const runs = head.lanes.find(lane.id);
    if (head.damaged || (runs != nullptr && lane.unsettled(head.first, *runs) > 0)) {
      if (!may_grow && !head.damaged && !settled(head, lane.id)) return moved;
      const auto copies = head.damaged ? std::nullopt : copies_for(lane, target, head, *runs);
      if (copies) {
        append(*copies);
        bytes += copies->records.size();
        lane.filtered += copies->lane_counts.size();
      } else {
        set_block_aside(head.first);
      }
    }
    lane.cursor = std::max(lane.cursor, head.last());
    lane.ahead.erase_to(lane.cursor);
    moved = true;
  }
  return moved;
}

std::optional<PendingAppend> Commit::copies_for(const LaneBook& lane, const LaneBook& target, const BlockHead& head,
                                                const LaneRuns& runs) {
  std::string raw;
  if (!store_.read_block(head.first, codec_, raw)) return std::nullopt;
  PendingAppend out;
  out.source = rules_.adopt;
  RecordWalk walk(raw);
  std::string_view record;
  std::string copy;
  Event event;
  for (std::uint64_t index = 0; walk.next(record); ++index) {
    const Seq seq{head.first.value + index};
    if (!runs.contains(index) || seq <= lane.cursor || lane.ahead.contains(seq)) continue;
    if (!get_record(record, event)) return std::nullopt;
    copy.clear();
    put_record(copy, event, rules_.adopt);
    put_bytes(out.records, copy);
    out.lane_counts.push_back(1);
    out.lanes.push_back(target.id);
  }
  if (walk.damaged()) return std::nullopt;
  return out;
}

void Commit::forget_empty_lanes() {
  if (!rules_.config_known || books_.lanes().empty()) return;
  // The youngest keeps its row until there is a younger one: ids are not given twice.
  const LaneId youngest = books_.lanes().rbegin()->first;
  std::vector<LaneId> gone;
  for (const auto& [id, lane] : books_.lanes())
    if (!lane.configured && lane.empty() && lane.leaving == Orphan::Leaving::no && lane.received == lane.removed &&
        id != youngest)
      gone.push_back(id);
  for (const LaneId id : gone) {
    effects_.gone.push_back(*books_.lane(id));
    store_.erase_lane(id);
    books_.erase(id);
  }
}

}  // namespace tidegate
