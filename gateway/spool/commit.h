#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/spool/block.h"
#include "gateway/spool/books.h"
#include "gateway/spool/pending.h"
#include "gateway/spool/spool.h"
#include "gateway/spool/store.h"

namespace tidegate {

/// What a commit did, beyond the answers to those who asked for it.
struct CommitEffects {
  std::set<LaneId> brought;       ///< lanes that have new events, or dead letters that came back
  std::set<LaneId> revived;       ///< of these, the ones whose dead letters came back
  std::vector<LaneBook> gone;     ///< the last books of lanes that were removed, which are empty
  std::map<LaneId, Seq> evicted;  ///< up to here nothing is the lane's to settle any more
  std::uint64_t events = 0;       ///< stored
  std::uint64_t evicted_events = 0;
  std::uint64_t lost_events = 0;  ///< found unreadable
  bool more_to_sweep = false;     ///< removal stopped at its limit
};

/// What somebody decided about an orphan.
struct LaneChange {
  std::string route, sink;
  std::string to_route, to_sink;  ///< of the lane that adopts it; empty: it is dropped
  [[nodiscard]] bool adopts() const noexcept { return !to_route.empty() || !to_sink.empty(); }
};

/// One transaction in the making: the rules by which the books change. Reads and writes through a Store whose first
/// failure sticks, so nothing here looks at errors; the caller learns of them from Store::commit(), and rolls the
/// books back. *Threads*: the committer's.
class Commit {
 public:
  struct Rules {
    milliseconds retain{0};
    WallTime now{};             ///< wall clock
    milliseconds age{0};        ///< spool time
    SourceId adopt;             ///< where copies for a lane that adopts come from
    bool config_known = false;  ///< the books say which lanes are in the config
  };
  Commit(Store& store, Books& books, BlockCodec& codec, const Rules& rules);

  /// Books a settlement. *Errors*: not_found (no such lane), invalid (something emitted breaks a limit).
  Status settle(const PendingSettlement& pending);
  /// Stores a submission's events for their lanes, and its changes of state.
  Admission append(const PendingAppend& pending);
  /// Counts a submission as evicted by `when_full: drop_newest`. Its changes of state are kept: they say what was
  /// acknowledged, and it will be.
  Admission refuse(const PendingAppend& pending);
  std::uint64_t retry_dead(const std::vector<std::uint64_t>& numbers);
  std::uint64_t drop_dead(const std::vector<std::uint64_t>& numbers);
  /// Enters a decision about an orphan; what remains to be done about it. *Errors*: not_found, refused.
  Result<std::uint64_t> decide(const LaneChange& change);
  /// Carries out a part of what was decided about a lane. `may_grow`: whether it may take more room than it frees.
  /// False: nothing could be done now.
  bool leave_step(LaneId id, bool may_grow);
  /// A reader found that this block cannot be read: it leaves the log, its events are counted as lost.
  void set_block_aside(Seq first);

  /// After a salvage: makes the books agree with the tables. What the books promise and the log no longer has is lost.
  /// Returns the dead letters that could not be read, by lane.
  std::map<LaneId, std::uint64_t> reconcile_after_salvage(Seq log_last);

  /// Removes retained events although their time has not come, then, if asked, the oldest pending ones, until
  /// `enough()`. True when it was.
  template <class Enough>
  bool make_room(bool evict_pending, Enough&& enough);

  /// Writes what is left to write (the last block, removals, the books). Then the caller commits the store.
  void finish();

  [[nodiscard]] CommitEffects& effects() noexcept { return effects_; }

 private:
  bool settle_in_log(LaneBook& lane, Seq seq);
  /// True when the event was the lane's still, in the log or deferred, and is no longer.
  bool settle_once(LaneBook& lane, Seq seq);
  void settle_dead(LaneBook& lane, const DeadEvent& dead);
  void settle_deferred(LaneBook& lane, const Deferred& deferred);
  void put_states(const PendingAppend& pending);
  void seal();
  /// Gives out the next positions; returns the last of them.
  std::uint64_t advance_last(std::uint32_t count);
  void drop_step(LaneBook& lane);
  bool adopt_deferred(LaneBook& lane, LaneBook& target);
  bool adopt_from_log(LaneBook& lane, const LaneBook& target, bool may_grow);
  /// The events of a block that are still the lane's to settle, for another lane. Nothing: it cannot be read.
  std::optional<PendingAppend> copies_for(const LaneBook& lane, const LaneBook& target, const BlockHead& head,
                                          const LaneRuns& runs);
  void forget_empty_lanes();
  void remove(const BlockHead& head);
  void evict(const BlockHead& head);
  /// By all its lanes, `but_for` left out.
  [[nodiscard]] bool settled(const BlockHead& head, LaneId but_for = {}) const;
  bool remove_next_retained(Seq& from);
  bool evict_oldest();
  void sweep_lane(LaneBook& lane);
  void sweep_retention();
  void reconcile();

  Store& store_;
  Books& books_;
  BlockCodec& codec_;
  Rules rules_;
  CommitEffects effects_;
  std::string raw_;  ///< records of the block being filled
  BlockHead head_;   ///< of the block being filled
  bool set_aside_ = false;
};

template <class Enough>
bool Commit::make_room(bool evict_pending, Enough&& enough) {
  Seq from{0};
  while (!enough())
    if (!remove_next_retained(from)) break;
  while (evict_pending && !enough())
    if (!evict_oldest()) break;
  return enough();
}

}  // namespace tidegate
