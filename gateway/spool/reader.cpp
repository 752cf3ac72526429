#include "gateway/spool/reader.h"

#include <fmt/format.h>

#include "gateway/spool/spool_limits.h"

namespace tidegate {

Reader::Reader() = default;
Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& file, const std::string& vfs) {
  std::unique_ptr<Reader> reader(new Reader);
  reader->file_ = file;
  reader->vfs_ = vfs;
  if (const Status opened = reader->reopen(); !opened) return opened.error();
  return reader;
}

void Reader::close() {
  const MutexLock lock(mutex_);
  walk_.reset();
  body_.reset();
  heads_.reset();
  db_.reset();
}

Status Reader::reopen() {
  const MutexLock lock(mutex_);
  return guarded([&]() REQUIRES(mutex_) {
    db_ = open_database(file_, vfs_, OpenAs::reader, SyncMode::full);
    heads_ = std::make_unique<SQLite::Statement>(
        *db_, fmt::format("SELECT {} FROM log WHERE first_seq >= coalesce((SELECT max(first_seq) FROM log "
                          "WHERE first_seq <= ?1), 0) ORDER BY first_seq",
                          kHeadColumns));
    // Apart from the heads: SQLite reads all of a row that it returns, and blocks of other lanes are only passed by.
    body_ = std::make_unique<SQLite::Statement>(*db_,
                                                fmt::format("SELECT {} FROM log WHERE first_seq = ?1", kBlockColumns));
  });
}

template <class Work>
Status Reader::with_database(Work&& work) {
  if (!heads_ || !body_) return Error{ErrorCode::unavailable, "the spool is being rebuilt"};
  return guarded(std::forward<Work>(work));
}

Status Reader::next_block(LaneId lane, Seq after, BlockFetch& fetch) {
  const MutexLock lock(mutex_);
  fetch.found = BlockFetch::Found::nothing;
  fetch.scanned_to = after;
  fetch.at_end = false;
  return with_database([&]() REQUIRES(mutex_) -> Status {
    heads_->bind(1, as_int(after.value + 1));
    Status found = guarded([&]() REQUIRES(mutex_) { return step_to(lane, fetch); });
    // An open statement would keep the write-ahead log from being reused.
    heads_->tryReset();
    body_->tryReset();
    return found;
  });
}

Status Reader::step_to(LaneId lane, BlockFetch& fetch) {
  const Seq after = fetch.scanned_to;
  for (std::size_t n = 0; n < limits::kReadHeadersMax; ++n) {
    if (!heads_->executeStep()) {
      fetch.at_end = true;
      return {};
    }
    BlockHead head;
    read_head(*heads_, head);
    if (!head.damaged && head.last() <= after) continue;
    fetch.first = head.first;
    fetch.count = head.count;
    const LaneRuns* const runs = head.lanes.find(lane);
    if (!head.damaged && (runs == nullptr || head.first.value + runs->last_index() <= after.value)) {
      fetch.scanned_to = head.last();
      continue;
    }
    if (runs != nullptr) fetch.runs = *runs;
    const bool readable = !head.damaged && fetch_body(fetch);
    fetch.found = readable ? BlockFetch::Found::block : BlockFetch::Found::damaged;
    return {};
  }
  return {};
}

bool Reader::fetch_body(BlockFetch& fetch) {
  body_->bind(1, as_int(fetch.first.value));
  return body_->executeStep() && codec_.open(fetch.first, read_body(*body_), fetch.raw).has_value();
}

Result<std::vector<Deferred>> Reader::deferred(LaneId lane) {
  const MutexLock lock(mutex_);
  std::vector<Deferred> out;
  const Status done = with_database([&]() REQUIRES(mutex_) { out = load_deferred(*db_, lane); });
  if (!done) return done.error();
  return out;
}

Result<std::vector<DeadLetter>> Reader::dead_letters(const DeadQuery& query) {
  const MutexLock lock(mutex_);
  std::vector<DeadLetter> out;
  const Status done = with_database([&]() REQUIRES(mutex_) { out = load_dead_letters(*db_, query); });
  if (!done) return done.error();
  return out;
}

Result<StateRows> Reader::state(StateOf of, std::uint32_t owner, const std::string& prefix, std::uint64_t& damaged) {
  const MutexLock lock(mutex_);
  StateRows out;
  const Status done = with_database([&]() REQUIRES(mutex_) { out = load_state(*db_, of, owner, prefix, damaged); });
  if (!done) return done.error();
  return out;
}

Status Reader::step(WallTime since, LogPage& page, LogWalk::Step& step) {
  const MutexLock lock(mutex_);
  return with_database([&]() REQUIRES(mutex_) {
    if (!walk_) walk_ = std::make_unique<LogWalk>(*db_);
    step = walk_->step(since, page);
  });
}

}  // namespace tidegate
