#include "gateway/spool/reader.h"

#include <fmt/format.h>

#include "gateway/spool/database.h"
#include "gateway/spool/spool_limits.h"

namespace tidegate {

Reader::Reader() = default;
Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& file, const std::string& vfs) {
  std::unique_ptr<Reader> reader(new Reader);
  const MutexLock lock(reader->mutex_);
  const Status opened = guarded([&] {
    reader->db_ = open_database(file, vfs, OpenAs::reader, SyncMode::full);
    reader->blocks_ = std::make_unique<SQLite::Statement>(
        *reader->db_, fmt::format("SELECT {} FROM log WHERE first_seq >= coalesce((SELECT max(first_seq) FROM log "
                                  "WHERE first_seq <= ?1), 0) ORDER BY first_seq",
                                  kBlockColumns));
  });
  if (!opened) return opened.error();
  return reader;
}

Status Reader::next_block(LaneId lane, Seq after, BlockFetch& fetch) {
  const MutexLock lock(mutex_);
  fetch.found = BlockFetch::Found::nothing;
  fetch.scanned_to = after;
  fetch.at_end = false;
  Status done = guarded([&]() -> Status {
    blocks_->bind(1, as_int(after.value + 1));
    return step_to(*blocks_, lane, fetch);
  });
  // An open statement would keep the write-ahead log from being reused.
  blocks_->tryReset();
  return done;
}

Status Reader::step_to(SQLite::Statement& rows, LaneId lane, BlockFetch& fetch) {
  const Seq after = fetch.scanned_to;
  for (std::size_t n = 0; n < limits::kReadHeadersMax; ++n) {
    if (!rows.executeStep()) {
      fetch.at_end = true;
      return {};
    }
    BlockHead head;
    read_head(rows, head);
    if (!head.damaged && head.last() <= after) continue;
    fetch.first = head.first;
    fetch.count = head.count;
    const LaneRuns* const runs = head.lanes.find(lane);
    // The statement touches the body's pages only when its column is asked for: a block of others costs one row.
    if (!head.damaged && (runs == nullptr || head.first.value + runs->last_index() <= after.value)) {
      fetch.scanned_to = head.last();
      continue;
    }
    if (runs != nullptr) fetch.runs = *runs;
    const bool readable = !head.damaged && codec_.open(head.first, read_body(rows), fetch.raw);
    fetch.found = readable ? BlockFetch::Found::block : BlockFetch::Found::damaged;
    return {};
  }
  return {};
}

Result<std::vector<Deferred>> Reader::deferred(LaneId lane) {
  const MutexLock lock(mutex_);
  std::vector<Deferred> out;
  const Status done = guarded([&] { out = load_deferred(*db_, lane); });
  if (!done) return done.error();
  return out;
}

Result<std::vector<DeadLetter>> Reader::dead_letters(const DeadQuery& query) {
  const MutexLock lock(mutex_);
  std::vector<DeadLetter> out;
  const Status done = guarded([&] { out = load_dead_letters(*db_, query); });
  if (!done) return done.error();
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> Reader::source_state(SourceId source,
                                                                              const std::string& prefix) {
  const MutexLock lock(mutex_);
  std::vector<std::pair<std::string, std::string>> out;
  const Status done = guarded([&] {
    SQLite::Statement rows(*db_, "SELECT key, value FROM source_state WHERE source = ?1 AND key >= ?2 ORDER BY key");
    rows.bind(1, source.value);
    bind_blob(rows, 2, prefix);
    while (rows.executeStep()) {
      const std::string_view key = blob(rows, 0);
      if (!key.starts_with(prefix)) break;
      out.emplace_back(key, blob(rows, 1));
    }
  });
  if (!done) return done.error();
  return out;
}

}  // namespace tidegate
