#pragma once

#include <map>
#include <set>
#include <string>

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
  std::map<LaneId, Seq> evicted;  ///< up to here nothing is the lane's to settle any more
  std::uint64_t events = 0;       ///< stored
  std::uint64_t evicted_events = 0;
  std::uint64_t lost_events = 0;  ///< found unreadable
  bool more_to_sweep = false;     ///< removal stopped at its limit
};

/// One transaction in the making: the rules by which the books change. Reads and writes through a Store whose first
/// failure sticks, so nothing here looks at errors; the caller learns of them from Store::commit(), and rolls the
/// books back. *Threads*: the committer's.
class Commit {
 public:
  struct Rules {
    milliseconds retain{0};
    WallTime now{};       ///< wall clock
    milliseconds age{0};  ///< spool time
  };
  Commit(Store& store, Books& books, BlockCodec& codec, const Rules& rules);

  /// Books a settlement. *Errors*: not_found (no such lane).
  Status settle(const Settlement& settlement);
  /// Stores a submission's events for their lanes, and its changes of state.
  Admission append(const PendingAppend& pending);
  /// Counts a submission as evicted by `when_full: drop_newest`. Its changes of state are kept: they say what was
  /// acknowledged, and it will be.
  Admission refuse(const PendingAppend& pending);
  std::uint64_t retry_dead(const std::vector<std::uint64_t>& numbers);
  std::uint64_t drop_dead(const std::vector<std::uint64_t>& numbers);
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
  bool leave(LaneBook& lane, Seq seq);
  bool settle_in_log(LaneBook& lane, Seq seq);
  void settle_dead(LaneBook& lane, const DeadEvent& dead);
  void settle_deferred(LaneBook& lane, const Deferred& deferred);
  void put_states(const PendingAppend& pending);
  void seal();
  void remove(const BlockHead& head);
  void evict(const BlockHead& head);
  [[nodiscard]] bool settled(const BlockHead& head) const;
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
