#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/spool/block.h"
#include "gateway/spool/books.h"
#include "gateway/spool/spool.h"

struct sqlite3;
namespace SQLite {
class Database;
}

namespace tidegate {

/// The one connection that writes. Between begin() and commit() the first failure sticks: what follows does nothing,
/// and commit() returns it. *Threads*: the committer's. *Blocks* on disk.
class Store {
 public:
  /// Opens or creates the file and brings its tables up to date; reads the books.
  /// *Errors*: refused (newer format), corrupt, full, io.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& file, const std::string& vfs, SyncMode sync,
                                             Books& books);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void begin();
  /// Returns once the transaction is synced (SyncMode::full) or written (normal). On an error nothing of it is kept.
  Status commit();
  void rollback() noexcept;
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }

  void put_block(const BlockHead& head, const BlockBody& body);
  void put_lanes(const BlockHead& head);
  /// Opens a block's body. False when it cannot be read.
  bool read_block(Seq first, BlockCodec& codec, std::string& raw);
  void erase_block(Seq first);
  /// Moves a block that cannot be read out of the log; what of it can still be copied goes to `damaged`.
  void set_block_aside(Seq first, WallTime found_at);
  /// Heads of blocks that overlap [from, to], ascending, at most so many. A damaged head has no lanes.
  std::vector<BlockHead> heads(Seq from, Seq to, std::size_t limit);

  void add_lane(const LaneBook& lane);
  /// Writes the names of a lane, which put_lane() leaves as they are.
  void rename_lane(const LaneBook& lane);
  /// Removes a lane's row and what it remembers.
  void erase_lane(LaneId lane);
  void add_source(const SourceBook& source);
  void put_lane(const LaneBook& lane);
  void put_source(const SourceBook& source);
  void put_spool(const SpoolBook& spool);
  void put_state(StateOf of, std::uint32_t owner, std::string_view key, std::string_view value);
  void erase_state(StateOf of, std::uint32_t owner, std::string_view key);
  void put_deferred(LaneId lane, const Deferred& deferred);
  void erase_deferred(LaneId lane, Seq seq);
  /// Gives a deferred event to another lane, at another position.
  void move_deferred(LaneId from, Seq seq, LaneId to, Seq to_seq);
  void put_dead(LaneId lane, const DeadEvent& dead);

  struct Letters {
    std::uint64_t dead = 0, expired = 0;
  };
  std::map<LaneId, Letters> count_letters();

  struct DeadRow {
    LaneId lane;
    Seq seq;
    DeadReason why = DeadReason::rejected;
  };
  /// Moves a dead letter to `deferred`, due at `now`. Nothing when there is no such number.
  std::optional<DeadRow> revive_dead(std::uint64_t number, WallTime now);
  std::optional<DeadRow> erase_dead(std::uint64_t number);

  /// Removes dead letters of a lane, at most so many; returns how many.
  std::uint64_t erase_letters_of(LaneId lane, std::size_t limit);

  /// Bytes of pages in use, of the whole database file and of the write-ahead log.
  struct Space {
    std::uint64_t used = 0, file = 0, log = 0;
  };
  Space space();
  /// The write-ahead log is cut back to this size when it begins anew.
  void limit_log(std::uint64_t bytes);
  /// Copies the write-ahead log into the database when it has grown past the limits. Not being able to is no error
  /// (a reader is in the way); a failed sync is.
  Status checkpoint_if_due(std::uint64_t due_bytes);
  /// Copies all of it and syncs, so that nothing depends on the write-ahead log any more.
  Status checkpoint_all();

 private:
  struct Statements;
  Store();
  Status checkpoint(int mode);
  static int note_log_frames(void* store, sqlite3*, const char*, int frames) noexcept;
  template <class Work>
  void attempt(Work&& work);

  std::unique_ptr<SQLite::Database> db_;
  std::unique_ptr<Statements> statements_;
  std::optional<Error> failure_;
  std::string record_;  ///< reused
  std::uint64_t page_bytes_ = 0;
  std::uint64_t log_frames_ = 0;           ///< of the write-ahead log, after the latest commit
  std::uint64_t checkpoint_tried_at_ = 0;  ///< its size at the latest checkpoint since it began anew
};

}  // namespace tidegate
