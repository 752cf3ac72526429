#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/health.h"
#include "gateway/base/ids.h"
#include "gateway/base/metrics.h"
#include "gateway/base/result.h"
#include "gateway/base/unique_function.h"
#include "gateway/event/event.h"
#include "gateway/intake/intake.h"

/// The durable log: what is acknowledged is here, and stays until every lane that wants it has settled it.
/// The layout on disk is in FORMAT.md.
namespace tidegate {

enum class SyncMode : std::uint8_t {
  full,    ///< receipts run after fsync: survives a power cut
  normal,  ///< receipts run after write: survives kill -9; a power cut may take the last moments
};
enum class WhenFull : std::uint8_t { pause, drop_oldest, drop_newest };

struct SpoolOptions {
  std::filesystem::path data_dir;
  SyncMode sync = SyncMode::full;
  std::uint64_t max_bytes = 2ull << 30;  ///< of disk, all files of the spool together
  WhenFull when_full = WhenFull::pause;
  milliseconds retain{0};  ///< keep settled (and filtered) events this long, within max_bytes
  std::string sqlite_vfs;  ///< tests only: the VFS to open the files with
};

/// Where a lane that the data directory has not seen before begins.
struct StartAt {
  enum class Kind : std::uint8_t { now, earliest, time } kind = Kind::now;
  WallTime time{};
};

struct LaneSpec {
  std::string route;
  std::string sink;
  StartAt start;
  /// Whether the lane wants an event that is in the log already, and which source brought it (empty: not known, an
  /// event stored by a Tidegate before format 2). Asked while opening, and only for a lane that is new and does not
  /// start at `now`; not asked about copies (of internal sources). Empty: it wants none of them.
  std::function<bool(const Event&, const std::string& source)> wants = {};
};

/// What enters the log without a source of the config. Each has its own books, so that the equations hold.
struct InternalSources {
  SourceId window;  ///< "(window)": what a lane's reduction emitted
  SourceId replay;  ///< "(replay)": copies that a replay asked for
  SourceId adopt;   ///< "(adopt)": copies of an orphan's backlog for the lane that adopted it
};
/// Whether a source name is one of these; the config allows no such name.
[[nodiscard]] inline bool is_internal_source(std::string_view name) noexcept { return name.starts_with('('); }

/// Ids of the things in the config, and what opening found.
struct SpoolOpening {
  std::vector<LaneId> lanes;      ///< in the order of the LaneSpecs
  std::vector<SourceId> sources;  ///< in the order of the source names
  InternalSources internal;
  bool created = false;  ///< the directory held no spool
  /// Set when damage was found: where the old files were put, what was saved and what could not be read.
  struct Salvage {
    std::filesystem::path set_aside;
    std::uint64_t events_saved = 0;
    std::map<std::string, std::uint64_t> lost_by_lane;  ///< "route/sink" -> events that could not be read
  };
  std::optional<Salvage> salvage;
};

/// An event with the lanes that want it, on its way into the log.
struct Routed {
  Event event;
  std::vector<LaneId> lanes;  ///< ascending; empty: filtered
};

struct SpoolSubmission {
  SourceId source;
  std::vector<Routed> events;
  std::vector<SourceStateChange> state;
  std::uint32_t repeats = 0;
  /// Evicts nobody and is not counted as evicted: without room it is answered with `refused_full`, and nothing of it
  /// was done. Room is then what settled events leave.
  bool yields = false;
};

struct StoredEvent {
  Seq seq;
  Event event;
  SourceId source = {};  ///< that brought it; 0: not known, stored before format 2
};

/// What reading on for one lane found.
struct LaneRead {
  std::vector<StoredEvent> events;  ///< events of this lane, ascending
  Seq scanned_to;                   ///< every event of the lane up to here is in `events` or before `from`
  bool at_end = false;              ///< nothing committed lies beyond scanned_to
  /// Dead letters of the lane were given back since its previous read: read_deferred() again.
  bool deferred_returned = false;
};

/// An event that failed while its neighbours went on; rests outside the log until its own time comes.
struct Deferred {
  Seq seq;
  Event event;
  std::uint32_t attempts = 0;
  WallTime retry_at{};
  WallTime first_failure{};
  WallTime last_failure{};
  std::string reason;
};

enum class DeadReason : std::uint8_t {
  rejected,
  expired,
  attempts
};  ///< expired counts as expired, the others as dead

struct DeadEvent {
  Seq seq;
  Event event;
  DeadReason why = DeadReason::rejected;
  std::string reason;
  std::uint32_t attempts = 0;
  WallTime first_failure{};
  WallTime last_failure{};
};

/// A change to what a lane remembers across restarts (its reduction's state), applied in the settlement's commit.
struct LaneStateChange {
  std::string key;    ///< bytes, not empty; the lane's own naming
  std::string value;  ///< bytes; ignored when `erase`
  bool erase = false;
};

/// What a lane's worker wants made durable in the next commit; all of it in one commit.
/// The spool counts each event once, however often it is named: settlements may repeat after a crash.
///
/// `state` and `emitted` cannot be told apart when they repeat, and need not be: a settlement is applied once per call
/// of settle(), or not at all, also when its commit fails and is tried again. After a crash the lane starts from what
/// is durable, and its cursor, its state rows and what it emitted are of the same commits: either the settlement is in
/// all of them, then its events are not read again, or in none, then they are judged once more from the same state.
struct Settlement {
  LaneId lane;
  std::vector<Seq> delivered;  ///< from the log or from deferred
  std::vector<Seq> filtered;   ///< from the log or from deferred; removed by the route itself
  std::vector<DeadEvent> dead;
  std::vector<Deferred> deferred;  ///< moved out of the log, or (already deferred) rescheduled
  Seq cursor;  ///< every event of the lane up to and including this is settled by this or an earlier settlement
  std::vector<LaneStateChange> state;
  /// Appended to the log for this lane alone, received from InternalSources::window. Within the limits of an event,
  /// and with an id: otherwise nothing of the settlement is done, and
  /// it is answered with `invalid`.
  std::vector<Event> emitted;
};

/// A lane as the spool remembers it.
struct LaneState {
  LaneId id;
  std::string route;
  std::string sink;
  bool configured = true;          ///< false: orphaned, in the data directory but not in the config
  Seq cursor;                      ///< all of the lane's events up to here are settled
  std::vector<Seq> settled_ahead;  ///< settled events beyond the cursor, ascending
};

/// The books of one lane. received == delivered + filtered + dead + expired + evicted + pending at any commit.
struct LaneLedger {
  std::uint64_t received = 0, delivered = 0, filtered = 0, dead = 0, expired = 0, evicted = 0, pending = 0, lost = 0;
};
/// The books of one source. received == routed + filtered + evicted (drop_newest refused it for every lane).
struct SourceLedger {
  std::uint64_t received = 0, routed = 0, filtered = 0, evicted = 0, repeats = 0;
};

/// A lane that the config does not name, with something left: pending events or dead letters.
struct Orphan {
  std::string route;
  std::string sink;
  enum class Leaving : std::uint8_t {
    no,       ///< waits for somebody to decide
    dropped,  ///< drop_lane() is under way
    adopted,  ///< adopt_lane() is under way
  } leaving = Leaving::no;
  std::string adopted_by;  ///< "route/sink"
};

/// A picture of the spool after the latest commit. Cheap to take.
struct SpoolSnapshot {
  /// By "route/sink". A lane that the config does not name is here only while it is an orphan.
  std::map<std::string, LaneLedger> lanes;
  std::map<std::string, Orphan> orphans;              ///< of `lanes`, those that are not in the config
  std::map<std::string, SourceLedger> sources;        ///< by source name; without the internal ones
  std::map<std::string, SourceLedger> internal;       ///< by name: "(window)", "(replay)", "(adopt)"
  std::map<std::string, std::uint64_t> dead_letters;  ///< resting, by lane
  std::map<std::string, std::uint64_t> deferred;      ///< resting, by lane
  std::uint64_t bytes_used = 0, bytes_max = 0, commits = 0;
  Seq last;
  bool full = false;
  std::string trouble;  ///< empty, or the I/O error that the committer is waiting out
};

struct DeadLetter {
  std::uint64_t number = 0;  ///< for show, retry and drop
  std::string lane;          ///< "route/sink"
  DeadEvent dead;
};
struct DeadQuery {
  std::string lane;         ///< empty: all
  std::uint64_t after = 0;  ///< page on: numbers greater than this
  std::size_t limit = 100;
};

/// An event as it lies in the log.
struct LoggedEvent {
  Seq seq;
  WallTime committed_at{};
  SourceId source;            ///< 0: not known, stored before format 2
  std::vector<LaneId> lanes;  ///< that wanted it when it was stored, or were given it since; ascending
  Event event;
};
/// A stretch of the log, in its order: what replays and comparisons of configs read.
struct LogPage {
  std::vector<LoggedEvent> events;
  Seq scanned_to;                ///< go on from here; a page may be without events and not the last
  bool at_end = false;           ///< nothing committed lies beyond scanned_to
  std::uint64_t unreadable = 0;  ///< events in blocks of this stretch that cannot be read
};

class Spool {
 public:
  /// Opens or creates the spool, taking the data directory's lock. Damage is salvaged and reported, not an error.
  /// *Errors*: refused (another process holds the directory), full, io. *Blocks*.
  static Result<std::unique_ptr<Spool>> open(const SpoolOptions& options, const std::vector<LaneSpec>& lanes,
                                             const std::vector<std::string>& sources, const Clock& clock,
                                             Health& health, Metrics& metrics, SpoolOpening& opening);
  virtual ~Spool() = default;

  /// Starts the committer thread. `pressure(true)` asks for the sources to be paused (disk full, too much uncommitted),
  /// `pressure(false)` for them to go on; called on the committer thread or inside append().
  virtual void start(UniqueFunction<void(bool)> pressure) = 0;
  /// Commits what is queued, answers what cannot be committed with `stopping`, checkpoints, ends the thread.
  /// Idempotent.
  virtual void stop() = 0;

  /// Queues for the next commit. Never blocks on disk. *Threads*: safe from any.
  virtual void append(SpoolSubmission submission, Receipt receipt) = 0;
  /// Queues a settlement for the next commit; `done` runs on the committer thread once it is durable (or stopping).
  virtual void settle(Settlement settlement, UniqueFunction<void(Status)> done) = 0;

  /// The events of `lane` after `from`, at most so many, reading at most about `bytes_max` of payload (at least one
  /// event). *Blocks* on disk; never waits for the committer. *Threads*: any, one reader at a time per lane.
  virtual Result<LaneRead> read(LaneId lane, Seq from, std::size_t events_max, std::size_t bytes_max) = 0;
  /// All deferred events of a lane, ascending by seq (at most limits::kDeferredEventsMax).
  virtual Result<std::vector<Deferred>> read_deferred(LaneId lane) = 0;
  [[nodiscard]] virtual LaneState lane_state(LaneId lane) const = 0;
  /// What the lane's settlements stored in `Settlement::state`, ascending by key. *Blocks* on disk: for start-up.
  virtual Result<std::vector<std::pair<std::string, std::string>>> lane_state_rows(LaneId lane) = 0;
  /// `committed` runs on the committer thread after each commit that brought events for the lane (or gave back dead
  /// letters), or that evicted some of its events: every event up to the given Seq (0: none) is no longer the lane's
  /// to settle. Once watch() returned, the function given before never runs again. It must not call watch().
  virtual void watch(LaneId lane, UniqueFunction<void(Seq evicted_to)> committed) = 0;

  virtual std::vector<std::pair<std::string, std::string>> source_state(SourceId source, const std::string& prefix) = 0;

  [[nodiscard]] virtual SpoolSnapshot snapshot() const = 0;

  virtual Result<std::vector<DeadLetter>> dead_letters(const DeadQuery& query) = 0;
  /// Gives dead letters back to their lane as deferred events that are due now; returns how many. dead -> pending in
  /// the books.
  virtual Result<std::uint64_t> retry_dead(const std::vector<std::uint64_t>& numbers) = 0;
  /// Removes dead letters for good; they stay counted as dead.
  virtual Result<std::uint64_t> drop_dead(const std::vector<std::uint64_t>& numbers) = 0;

  /// The log after `from`, committed at `since` or later, whoever wants it: whole blocks until about `bytes_max` of
  /// payload. *Blocks* on disk; never waits for the committer. *Threads*: any.
  virtual Result<LogPage> scan(Seq from, WallTime since, std::size_t bytes_max) = 0;

  /// Gives up an orphan: what is pending counts as evicted, its dead letters are removed. Returns how many events and
  /// letters that concerns, once the decision is durable; the committer then carries it out in small steps, also after
  /// a crash, and the lane leaves the snapshot. *Errors*: not_found (no such lane), refused (it is in the config).
  /// *Blocks* until committed.
  virtual Result<std::uint64_t> drop_lane(const std::string& route, const std::string& sink) = 0;
  /// Gives an orphan's pending events to a lane of the config: copies of the same ids go to the end of the log for it,
  /// and are settled in the orphan as filtered. Deferred ones become deferred events of that lane. The orphan's dead
  /// letters stay. Returns how many events that concerns, once the decision is durable; the committer then carries it
  /// out in small steps, also after a crash (unless the lane that adopts left the config meanwhile), and waits when
  /// there is no room. *Errors*: as drop_lane(); refused also when `to_...` is not in the config.
  /// *Blocks* until committed.
  virtual Result<std::uint64_t> adopt_lane(const std::string& route, const std::string& sink,
                                           const std::string& to_route, const std::string& to_sink) = 0;
};

/// What an audit found: the books, and the same figures counted again from the stored events themselves.
struct AuditReport {
  SpoolSnapshot books;
  std::vector<std::string> faults;  ///< one sentence per equation that does not hold; empty: the books balance
};
/// Audits a data directory, live or cold, in one read transaction and without changing it. *Blocks*.
Result<AuditReport> audit(const std::filesystem::path& data_dir);
/// The whole log of a data directory, live or cold, read without changing it. Each page is a read of its own, so that
/// a long scan neither keeps the write-ahead log from being reused nor holds up anyone; events that leave the log
/// meanwhile are passed over. *Threads*: one user at a time.
class LogScan {
 public:
  /// *Errors*: not_found (there is no spool), refused (written by a newer Tidegate), corrupt, io.
  static Result<LogScan> open(const std::filesystem::path& data_dir);
  LogScan(LogScan&&) noexcept;
  LogScan& operator=(LogScan&&) noexcept;
  ~LogScan();

  /// As Spool::scan(), going on where the page before ended. *Blocks*.
  Result<LogPage> next(WallTime since, std::size_t bytes_max);
  /// Begins at the start again.
  void rewind();
  /// "route/sink" of the lanes and names of the sources, as of open(); empty for an id that is not known.
  [[nodiscard]] const std::string& lane_name(LaneId lane) const;
  [[nodiscard]] const std::string& source_name(SourceId source) const;

 private:
  struct Parts;
  explicit LogScan(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Reads dead letters of a data directory without opening it for writing.
Result<std::vector<DeadLetter>> read_dead_letters(const std::filesystem::path& data_dir, const DeadQuery& query);

}  // namespace tidegate
