#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/mutex.h"
#include "gateway/base/result.h"
#include "gateway/spool/block.h"
#include "gateway/spool/database.h"
#include "gateway/spool/log_walk.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// What looking for a lane's next block found.
struct BlockFetch {
  enum class Found : std::uint8_t {
    block,
    damaged,  ///< this block cannot be read: it has to leave the log
    nothing,  ///< the lane has nothing up to `scanned_to`
  };
  Found found = Found::nothing;
  Seq first;
  std::uint32_t count = 0;
  LaneRuns runs;
  std::string raw;      ///< the block's records
  Seq scanned_to;       ///< nothing: all blocks up to here were looked at
  bool at_end = false;  ///< nothing: and there are no more
};

/// The one connection that reads, shared by all lanes: a block takes it for a fraction of a millisecond, and every
/// further connection would cost memory. *Threads*: safe from any. *Blocks* on disk, never on the committer.
class Reader {
 public:
  ~Reader();
  static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& file, const std::string& vfs);
  /// Lets go of the file while it is replaced; until reopen() every call fails as `unavailable`.
  void close() EXCLUDES(mutex_);
  Status reopen() EXCLUDES(mutex_);

  /// The first block after `after` that holds an event of the lane. `fetch.raw`'s memory is reused.
  /// *Errors*: corrupt (the tables themselves cannot be walked), io.
  Status next_block(LaneId lane, Seq after, BlockFetch& fetch) EXCLUDES(mutex_);
  Result<std::vector<Deferred>> deferred(LaneId lane) EXCLUDES(mutex_);
  Result<std::vector<DeadLetter>> dead_letters(const DeadQuery& query) EXCLUDES(mutex_);
  Result<StateRows> state(StateOf of, std::uint32_t owner, const std::string& prefix, std::uint64_t& damaged)
      EXCLUDES(mutex_);
  /// One step of a walk over the whole log: the lanes read between two of them.
  Status step(WallTime since, LogPage& page, LogWalk::Step& step) EXCLUDES(mutex_);

 private:
  Reader();
  Status step_to(LaneId lane, BlockFetch& fetch) REQUIRES(mutex_);
  bool fetch_body(BlockFetch& fetch) REQUIRES(mutex_);
  template <class Work>
  Status with_database(Work&& work) REQUIRES(mutex_);

  std::filesystem::path file_;
  std::string vfs_;
  Mutex mutex_;
  std::unique_ptr<SQLite::Database> db_ GUARDED_BY(mutex_);
  std::unique_ptr<SQLite::Statement> heads_ GUARDED_BY(mutex_);
  std::unique_ptr<SQLite::Statement> body_ GUARDED_BY(mutex_);
  std::unique_ptr<LogWalk> walk_ GUARDED_BY(mutex_);  ///< made when somebody scans
  BlockCodec codec_ GUARDED_BY(mutex_);
};

}  // namespace tidegate
