#include "gateway/spool/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "gateway/spool/record.h"
#include "gateway/spool/schema.h"
#include "gateway/spool/spool_limits.h"

namespace tidegate {

namespace {

Seq seq_of(const SQLite::Column& column) { return Seq{as_uint(column)}; }
WallTime wall_of(const SQLite::Column& column) { return WallTime{milliseconds{column.getInt64()}}; }
std::uint32_t u32_of(const SQLite::Column& column) { return static_cast<std::uint32_t>(column.getInt64()); }

}  // namespace

bool read_lane(const SQLite::Statement& row, LaneBook& lane) {
  lane.id = LaneId{u32_of(row.getColumn(0))};
  lane.route = row.getColumn(1).getString();
  lane.sink = row.getColumn(2).getString();
  lane.cursor = seq_of(row.getColumn(3));
  lane.swept_to = lane.cursor;
  if (!SeqSet::decode(blob(row, 4), lane.ahead)) return false;
  std::uint64_t* const counters[] = {&lane.received, &lane.delivered, &lane.filtered, &lane.dead,   &lane.expired,
                                     &lane.evicted,  &lane.lost,      &lane.removed,  &lane.dropped};
  int column = 5;
  for (std::uint64_t* counter : counters) *counter = as_uint(row.getColumn(column++));
  return as_uint(row.getColumn(column)) == lane.digest();
}

bool read_source(const SQLite::Statement& row, SourceBook& source) {
  source.id = SourceId{u32_of(row.getColumn(0))};
  source.name = row.getColumn(1).getString();
  std::uint64_t* const counters[] = {&source.received, &source.routed,  &source.filtered,
                                     &source.kept,     &source.evicted, &source.repeats};
  int column = 2;
  for (std::uint64_t* counter : counters) *counter = as_uint(row.getColumn(column++));
  return as_uint(row.getColumn(column)) == source.digest();
}

bool read_spool(const SQLite::Statement& row, SpoolBook& spool) {
  spool.commits = as_uint(row.getColumn(1));
  spool.last = seq_of(row.getColumn(2));
  spool.age = milliseconds{row.getColumn(3).getInt64()};
  spool.wall = wall_of(row.getColumn(4));
  spool.unaccounted = as_uint(row.getColumn(5));
  return as_uint(row.getColumn(6)) == spool.digest();
}

Error sqlite_error(const SQLite::Exception& failure) {
  ErrorCode code = ErrorCode::io;
  switch (failure.getErrorCode() & 0xff) {
    case SQLITE_FULL: code = ErrorCode::full; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    // The tables are not the ones that the schema version promises.
    case SQLITE_ERROR:
    // The file may be written (that is checked before it is opened): its header says otherwise.
    case SQLITE_READONLY:
    case SQLITE_MISMATCH: code = ErrorCode::corrupt; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: code = ErrorCode::unavailable; break;
    default: break;
  }
  return {code, fmt::format("SQLite: {} ({})", failure.what(), failure.getExtendedErrorCode())};
}

std::unique_ptr<SQLite::Database> open_database(const std::filesystem::path& file, const std::string& vfs, OpenAs as,
                                                SyncMode sync) {
  const int flags = as == OpenAs::writer ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READONLY;
  auto db = std::make_unique<SQLite::Database>(file.string(), flags, kBusyWaitMs, vfs);
  db->exec(
      fmt::format("PRAGMA cache_size = -{}", as == OpenAs::writer ? limits::kWriteCacheKib : limits::kReadCacheKib));
  if (as == OpenAs::reader) return db;
  db->exec("PRAGMA journal_mode = WAL");
  db->exec(sync == SyncMode::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  // Debian turns this on, which writes every freed page once more, with zeros.
  db->exec("PRAGMA secure_delete = OFF");
  // The committer copies the log into the database when no receipt is waiting for it.
  db->exec("PRAGMA wal_autocheckpoint = 0");
  return db;
}

std::string_view blob(const SQLite::Statement& row, int column) {
  const SQLite::Column cell = row.getColumn(column);
  const auto* const bytes = static_cast<const char*>(cell.getBlob());
  const int size = cell.getBytes();
  // Out of memory is SQLite's only way to give a null pointer for a blob that has a size.
  return bytes == nullptr ? std::string_view{} : std::string_view{bytes, static_cast<std::size_t>(size)};
}

void bind_blob(SQLite::Statement& statement, int index, std::string_view bytes) {
  statement.bindNoCopy(index, bytes.empty() ? "" : static_cast<const void*>(bytes.data()),
                       static_cast<int>(bytes.size()));
}

void read_head(const SQLite::Statement& row, BlockHead& head) {
  head.first = seq_of(row.getColumn(0));
  head.count = u32_of(row.getColumn(1));
  head.committed_at = wall_of(row.getColumn(2));
  head.age = milliseconds{row.getColumn(3).getInt64()};
  head.damaged = head.count == 0 || head.count > limits::kBlockEventsMax ||
                 !BlockLanes::decode(blob(row, 4), head.place(), head.count, head.lanes);
  if (head.damaged) head.lanes.clear();
}

BlockBody read_body(const SQLite::Statement& row) {
  BlockBody body;
  body.codec = static_cast<BlockBody::Codec>(row.getColumn(5).getInt());
  body.raw_bytes = as_uint(row.getColumn(6));
  body.checksum = as_uint(row.getColumn(7));
  body.bytes = blob(row, 8);
  return body;
}

namespace {

void load_leaving(SQLite::Database& db, LaneBook& lane) {
  if (db.execAndGet("PRAGMA user_version").getInt() < kFirstVersionWithState) return;
  SQLite::Statement row(db, "SELECT value, checksum FROM lane_state WHERE lane = ? AND key = x''");
  row.bind(1, lane.id.value);
  if (!row.executeStep()) return;
  const std::string_view value = blob(row, 0);
  // What is not what was written is no decision: somebody has to make it again.
  if (as_uint(row.getColumn(1)) == state_digest(StateOf::lane, lane.id.value, "", value))
    std::ignore = decode_leaving(value, lane);
}

}  // namespace

Status load_books(SQLite::Database& db, Books& books) {
  SQLite::Statement spool(db, "SELECT * FROM spool WHERE id = 1");
  if (!spool.executeStep() || !read_spool(spool, books.spool))
    return Error{ErrorCode::corrupt, "the row of the table spool is not what was written"};
  std::map<LaneId, SeqSet> deferred;
  SQLite::Statement keys(db, "SELECT lane, seq FROM deferred");
  while (keys.executeStep()) deferred[LaneId{u32_of(keys.getColumn(0))}].insert(seq_of(keys.getColumn(1)));
  SQLite::Statement lanes(db, "SELECT * FROM lanes");
  while (lanes.executeStep()) {
    LaneBook lane;
    if (!read_lane(lanes, lane))
      return Error{ErrorCode::corrupt, fmt::format("the row of lane {} is not what was written", lane.id.value)};
    lane.deferred = std::move(deferred[lane.id]);
    load_leaving(db, lane);
    books.add(std::move(lane));
  }
  SQLite::Statement sources(db, "SELECT * FROM sources");
  while (sources.executeStep()) {
    SourceBook source;
    if (!read_source(sources, source))
      return Error{ErrorCode::corrupt, fmt::format("the row of source {} is not what was written", source.id.value)};
    books.add(std::move(source));
  }
  return {};
}

StateRows load_state(SQLite::Database& db, StateOf of, std::uint32_t owner, const std::string& prefix,
                     std::uint64_t& damaged) {
  SQLite::Statement rows(db, of == StateOf::source
                                 ? "SELECT key, value, checksum FROM source_state WHERE source = ?1 AND key >= ?2 "
                                   "ORDER BY key"
                                 : "SELECT key, value, checksum FROM lane_state WHERE lane = ?1 AND key >= ?2 "
                                   "ORDER BY key");
  rows.bind(1, owner);
  bind_blob(rows, 2, prefix);
  StateRows out;
  while (rows.executeStep()) {
    const std::string_view key = blob(rows, 0);
    if (!key.starts_with(prefix)) break;
    if (as_uint(rows.getColumn(2)) == state_digest(of, owner, key, blob(rows, 1)))
      out.emplace_back(key, blob(rows, 1));
    else
      ++damaged;
  }
  return out;
}

Status check_readable(SQLite::Database& db) {
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  if (version <= kSchemaVersion) return {};
  return Error{
      ErrorCode::refused,
      fmt::format("the spool was written by a newer Tidegate (format {}, this one knows {})", version, kSchemaVersion)};
}

std::vector<DeadLetter> load_dead_letters(SQLite::Database& db, const DeadQuery& query) {
  SQLite::Statement rows(db,
                         "SELECT number, coalesce(route || '/' || sink, 'lane ' || lane), seq, why, attempts, "
                         "first_failure, last_failure, reason, record FROM dead_letters LEFT JOIN lanes "
                         "ON lanes.id = lane WHERE number > ?1 AND (?2 = '' OR route || '/' || sink = ?2) "
                         "ORDER BY number LIMIT ?3");
  rows.bind(1, as_int(query.after));
  rows.bind(2, query.lane);
  rows.bind(3, as_int(query.limit));
  std::vector<DeadLetter> out;
  while (rows.executeStep()) {
    DeadLetter& letter = out.emplace_back();
    letter.number = as_uint(rows.getColumn(0));
    letter.lane = rows.getColumn(1).getString();
    DeadEvent& dead = letter.dead;
    dead.seq = seq_of(rows.getColumn(2));
    dead.why = static_cast<DeadReason>(rows.getColumn(3).getInt());
    dead.attempts = u32_of(rows.getColumn(4));
    dead.first_failure = wall_of(rows.getColumn(5));
    dead.last_failure = wall_of(rows.getColumn(6));
    dead.reason = rows.getColumn(7).getString();
    // A letter whose event is damaged is still listed: its place and reason are worth knowing.
    if (!get_sealed_record(blob(rows, 8), dead.event)) dead.event = Event{};
  }
  return out;
}

std::vector<Deferred> load_deferred(SQLite::Database& db, LaneId lane) {
  SQLite::Statement rows(db,
                         "SELECT seq, attempts, retry_at, first_failure, last_failure, reason, record FROM deferred "
                         "WHERE lane = ?1 ORDER BY seq");
  rows.bind(1, lane.value);
  std::vector<Deferred> out;
  while (rows.executeStep()) {
    Deferred deferred;
    deferred.seq = seq_of(rows.getColumn(0));
    deferred.attempts = u32_of(rows.getColumn(1));
    deferred.retry_at = wall_of(rows.getColumn(2));
    deferred.first_failure = wall_of(rows.getColumn(3));
    deferred.last_failure = wall_of(rows.getColumn(4));
    deferred.reason = rows.getColumn(5).getString();
    if (get_sealed_record(blob(rows, 6), deferred.event)) out.push_back(std::move(deferred));
  }
  return out;
}

}  // namespace tidegate
