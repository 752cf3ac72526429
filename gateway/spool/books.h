#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/spool/seq_set.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// One row of `lanes`: what a lane has settled, and its ledger.
struct LaneBook {
  LaneId id;
  std::string route;
  std::string sink;
  bool configured = false;  ///< not stored: named by the config of this run
  Seq cursor;
  SeqSet ahead;     ///< settled, or moved to deferred, beyond the cursor
  SeqSet deferred;  ///< not stored here: the rows of `deferred`
  std::uint64_t received = 0, delivered = 0, filtered = 0, dead = 0, expired = 0, evicted = 0, lost = 0;
  std::uint64_t removed = 0;  ///< events of the lane that are no longer in the log
  std::uint64_t dropped = 0;  ///< dead letters removed by hand
  /// Not stored: up to here events may have been lost under the lane's hands; a settlement counts only what is in the
  /// log.
  Seq fence;
  /// What was decided about the lane while it is an orphan. Not stored here: a row of `lane_state`, see leaving.cpp.
  Orphan::Leaving leaving = Orphan::Leaving::no;
  LaneId adopted_by;
  Seq swept_to;  ///< not stored: blocks up to here were considered for removal on this lane's account

  [[nodiscard]] std::string name() const { return route + "/" + sink; }
  /// Checksum of everything that is stored in the lane's row.
  [[nodiscard]] std::uint64_t digest() const;
  [[nodiscard]] std::uint64_t pending() const noexcept {
    return received - delivered - filtered - dead - expired - evicted - lost;
  }
  [[nodiscard]] std::uint64_t resting() const noexcept { return dead + expired - dropped; }
  /// Nobody would miss it: nothing is pending, and no dead letters rest.
  [[nodiscard]] bool empty() const noexcept { return pending() == 0 && resting() == 0; }
  [[nodiscard]] LaneLedger ledger() const noexcept {
    return {received, delivered, filtered, dead, expired, evicted, pending(), lost};
  }
  /// Marks an event of the log as settled; false when it was already, so that it is counted once.
  bool settle(Seq seq) { return seq > cursor && ahead.insert(seq); }
  /// Not settled yet.
  [[nodiscard]] bool is_open(Seq seq) const noexcept { return seq > cursor && !ahead.contains(seq); }
  /// Of these events of a block, how many are still the lane's to settle.
  [[nodiscard]] std::uint64_t unsettled(Seq block_first, const struct LaneRuns& runs) const noexcept;
};

/// The row of `lane_state` (under the empty key) that says what was decided about an orphan.
/// *Source*: FORMAT.md, "lane_state".
[[nodiscard]] std::string encode_leaving(const LaneBook& lane);
[[nodiscard]] bool decode_leaving(std::string_view bytes, LaneBook& lane);

/// One row of `sources`.
struct SourceBook {
  SourceId id;
  std::string name;
  std::uint64_t received = 0, routed = 0, filtered = 0, evicted = 0, repeats = 0;
  std::uint64_t kept = 0;  ///< filtered events that went into the log for `retain`

  [[nodiscard]] std::uint64_t digest() const;
  [[nodiscard]] SourceLedger ledger() const noexcept { return {received, routed, filtered, evicted, repeats}; }
};

/// The one row of `spool`.
struct SpoolBook {
  std::uint64_t commits = 0;
  Seq last;             ///< position of the latest event
  milliseconds age{0};  ///< spool time: how long this spool has been in use; grows with steady time, so never jumps
  WallTime wall{};      ///< at the latest commit
  Seq retention_swept;  ///< not stored: blocks up to here were looked at when they were old enough to be removed
  milliseconds next_expiry{0};    ///< not stored: spool time before which nothing beyond retention_swept is old enough
  bool may_hold_retained = true;  ///< not stored: there may be settled blocks that only `retain` keeps
  std::uint64_t unaccounted = 0;  ///< log positions whose source the books no longer know (after a salvage)

  [[nodiscard]] std::uint64_t digest() const;
};

/// Whose memory a row of `source_state` or `lane_state` is.
enum class StateOf : std::uint8_t { source = 1, lane = 2 };
/// Checksum of such a row.
[[nodiscard]] std::uint64_t state_digest(StateOf of, std::uint32_t owner, std::string_view key, std::string_view value);

/// All the books, as the latest commit left them plus the one under way. What a commit changes is remembered, so
/// that a commit that fails leaves no trace. *Threads*: the committer's.
class Books {
 public:
  SpoolBook spool;

  void add(LaneBook lane) { lanes_.insert_or_assign(lane.id, std::move(lane)); }
  void add(SourceBook source) { sources_.insert_or_assign(source.id, std::move(source)); }

  [[nodiscard]] const LaneBook* lane(LaneId id) const noexcept;
  [[nodiscard]] const LaneBook* lane(const std::string& route, const std::string& sink) const noexcept;
  [[nodiscard]] const std::map<LaneId, LaneBook>& lanes() const noexcept { return lanes_; }
  [[nodiscard]] const std::map<SourceId, SourceBook>& sources() const noexcept { return sources_; }

  /// Starts a commit.
  void begin();
  /// The book to change in this commit; null when there is none.
  LaneBook* edit(LaneId id);
  SourceBook* edit(SourceId id);
  /// Removes a book in this commit.
  void erase(LaneId id);
  /// The books that this commit changed, without those that it removed.
  [[nodiscard]] std::vector<LaneBook*> edited_lanes();
  [[nodiscard]] std::vector<SourceBook*> edited_sources();
  /// The commit failed: everything is as begin() found it.
  void rollback();

 private:
  std::map<LaneId, LaneBook> lanes_;
  std::map<SourceId, SourceBook> sources_;
  SpoolBook spool_before_;
  std::map<LaneId, LaneBook> lanes_before_;
  std::map<SourceId, SourceBook> sources_before_;
};

}  // namespace tidegate
