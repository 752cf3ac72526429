#include "gateway/spool/store.h"

#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "gateway/spool/database.h"
#include "gateway/spool/record.h"
#include "gateway/spool/schema.h"
#include "gateway/spool/spool_limits.h"

namespace tidegate {

namespace {

std::int64_t ms(WallTime t) { return t.time_since_epoch().count(); }

/// Touches both ends of every table, so that gross damage is found at the start and not by the first commit. Not a
/// full check: that would take as long as reading everything; the rest is found by checksums when it is read.
Status look_over(SQLite::Database& db) {
  for (const char* const ends :
       {"SELECT first_seq, lanes FROM log ORDER BY first_seq",
        "SELECT number, reason FROM dead_letters ORDER BY number", "SELECT lane, seq FROM deferred ORDER BY lane, seq",
        "SELECT source, key FROM source_state ORDER BY source, key",
        "SELECT lane, key FROM lane_state ORDER BY lane, key", "SELECT first_seq FROM damaged ORDER BY rowid"})
    for (const char* const order : {" ASC LIMIT 1", " DESC LIMIT 1"}) {
      SQLite::Statement end(db, std::string(ends) + order);
      end.executeStep();
    }
  return {};
}

/// Leaves a statement ready for its next use, also when the work throws.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) {}
  ~Use() { statement_.tryReset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  SQLite::Statement* operator->() { return &statement_; }
  SQLite::Statement& operator*() { return statement_; }

 private:
  SQLite::Statement& statement_;
};

}  // namespace

/// Prepared once per connection: preparing costs more than running them.
struct Store::Statements {
  explicit Statements(SQLite::Database& db)
      : begin(db, "BEGIN IMMEDIATE"),
        commit(db, "COMMIT"),
        put_block(db, "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        erase_block(db, "DELETE FROM log WHERE first_seq = ?"),
        heads(db, fmt::format("SELECT {} FROM log WHERE first_seq >= coalesce((SELECT max(first_seq) FROM log WHERE "
                              "first_seq <= ?1), 0) AND first_seq <= ?2 ORDER BY first_seq LIMIT ?3",
                              kHeadColumns)),
        put_lane(db,
                 "UPDATE lanes SET cursor = ?2, ahead = ?3, received = ?4, delivered = ?5, filtered = ?6, dead = ?7, "
                 "expired = ?8, evicted = ?9, lost = ?10, removed = ?11, dropped = ?12, checksum = ?13 WHERE id = ?1"),
        put_source(db,
                   "UPDATE sources SET received = ?2, routed = ?3, filtered = ?4, kept = ?5, evicted = ?6, "
                   "repeats = ?7, checksum = ?8 WHERE id = ?1"),
        put_spool(db,
                  "UPDATE spool SET commits = ?, last_seq = ?, age_ms = ?, wall_ms = ?, unaccounted = ?, checksum = ?"),
        put_source_state(db, "INSERT OR REPLACE INTO source_state(source, key, value, checksum) VALUES (?, ?, ?, ?)"),
        erase_source_state(db, "DELETE FROM source_state WHERE source = ? AND key = ?"),
        put_lane_state(db, "INSERT OR REPLACE INTO lane_state(lane, key, value, checksum) VALUES (?, ?, ?, ?)"),
        erase_lane_state(db, "DELETE FROM lane_state WHERE lane = ? AND key = ?"),
        put_deferred(db, "INSERT OR REPLACE INTO deferred VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
        erase_deferred(db, "DELETE FROM deferred WHERE lane = ? AND seq = ?"),
        put_dead(db, "INSERT INTO dead_letters VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)"),
        space(db,
              "SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, "
              "pragma_page_size") {}
  SQLite::Statement begin, commit, put_block, erase_block, heads, put_lane, put_source, put_spool, put_source_state,
      erase_source_state, put_lane_state, erase_lane_state, put_deferred, erase_deferred, put_dead, space;
};

Store::Store() = default;
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file, const std::string& vfs, SyncMode sync,
                                           Books& books) {
  std::unique_ptr<Store> store(new Store);
  const Status opened = guarded([&]() -> Status {
    store->db_ = open_database(file, vfs, OpenAs::writer, sync);
    if (Status migrated = migrate(*store->db_); !migrated) return migrated;
    store->statements_ = std::make_unique<Statements>(*store->db_);
    store->page_bytes_ = as_uint(store->db_->execAndGet("PRAGMA page_size"));
    sqlite3_wal_hook(store->db_->getHandle(), note_log_frames, store.get());
    if (Status loaded = load_books(*store->db_, books); !loaded) return loaded;
    return look_over(*store->db_);
  });
  if (!opened) return opened.error();
  return store;
}

int Store::note_log_frames(void* store, sqlite3*, const char*, int frames) noexcept {
  auto* const self = static_cast<Store*>(store);
  const auto now = static_cast<std::uint64_t>(frames);
  // Fewer frames than before: the log began again at its start.
  if (now < self->log_frames_) self->checkpoint_tried_at_ = 0;
  self->log_frames_ = now;
  return 0;
}

template <class Work>
void Store::attempt(Work&& work) {
  if (failure_) return;
  if (Status done = guarded(std::forward<Work>(work)); !done) failure_ = std::move(done).error();
}

void Store::begin() {
  failure_.reset();
  attempt([&] { Use(statements_->begin)->exec(); });
}

Status Store::commit() {
  attempt([&] { Use(statements_->commit)->exec(); });
  if (!failure_) return {};
  const Error failure = *failure_;
  rollback();
  return failure;
}

void Store::rollback() noexcept {
  failure_.reset();
  sqlite3* const handle = db_->getHandle();
  // Some errors have rolled back already; a second rollback would only be refused.
  if (sqlite3_get_autocommit(handle) == 0) sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Store::put_block(const BlockHead& head, const BlockBody& body) {
  attempt([&] {
    Use put(statements_->put_block);
    const std::string lanes = head.lanes.encode(head.place());
    put->bind(1, as_int(head.first.value));
    put->bind(2, head.count);
    put->bind(3, ms(head.committed_at));
    put->bind(4, head.age.count());
    bind_blob(*put, 5, lanes);
    put->bind(6, static_cast<int>(body.codec));
    put->bind(7, as_int(body.raw_bytes));
    put->bind(8, as_int(body.checksum));
    bind_blob(*put, 9, body.bytes);
    put->exec();
  });
}

void Store::put_lanes(const BlockHead& head) {
  attempt([&] {
    SQLite::Statement put(*db_, "UPDATE log SET lanes = ?2 WHERE first_seq = ?1");
    const std::string lanes = head.lanes.encode(head.place());
    put.bind(1, as_int(head.first.value));
    bind_blob(put, 2, lanes);
    put.exec();
  });
}

bool Store::read_block(Seq first, BlockCodec& codec, std::string& raw) {
  bool sound = false;
  attempt([&] {
    SQLite::Statement row(*db_, fmt::format("SELECT {} FROM log WHERE first_seq = ?", kBlockColumns));
    row.bind(1, as_int(first.value));
    sound = row.executeStep() && codec.open(first, read_body(row), raw).has_value();
  });
  return sound;
}

void Store::erase_block(Seq first) {
  attempt([&] {
    Use erase(statements_->erase_block);
    erase->bind(1, as_int(first.value));
    erase->exec();
  });
}

void Store::set_block_aside(Seq first, WallTime found_at) {
  attempt([&] {
    SQLite::Statement copy(*db_,
                           "INSERT INTO damaged SELECT first_seq, ?2, count, lanes, codec, raw_bytes, checksum, body "
                           "FROM log WHERE first_seq = ?1");
    SQLite::bind(copy, as_int(first.value), ms(found_at));
    copy.exec();
  });
  erase_block(first);
}

std::vector<BlockHead> Store::heads(Seq from, Seq to, std::size_t limit) {
  std::vector<BlockHead> out;
  attempt([&] {
    Use rows(statements_->heads);
    SQLite::bind(*rows, as_int(from.value), as_int(to.value), as_int(limit));
    while (rows->executeStep()) {
      BlockHead head;
      read_head(*rows, head);
      if (head.damaged || head.last() >= from) out.push_back(std::move(head));
    }
  });
  return out;
}

void Store::add_lane(const LaneBook& lane) {
  attempt([&] {
    SQLite::Statement add(*db_, "INSERT INTO lanes VALUES (?, ?, ?, 0, x'', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)");
    SQLite::bind(add, lane.id.value, lane.route, lane.sink);
    add.exec();
  });
  put_lane(lane);
}

void Store::rename_lane(const LaneBook& lane) {
  attempt([&] {
    SQLite::Statement put(*db_, "UPDATE lanes SET route = ?2, sink = ?3 WHERE id = ?1");
    SQLite::bind(put, lane.id.value, lane.route, lane.sink);
    put.exec();
  });
}

void Store::erase_lane(LaneId lane) {
  attempt([&] {
    for (const char* const query : {"DELETE FROM lanes WHERE id = ?", "DELETE FROM lane_state WHERE lane = ?"}) {
      SQLite::Statement erase(*db_, query);
      erase.bind(1, lane.value);
      erase.exec();
    }
  });
}

void Store::add_source(const SourceBook& source) {
  attempt([&] {
    SQLite::Statement add(*db_, "INSERT INTO sources VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0)");
    SQLite::bind(add, source.id.value, source.name);
    add.exec();
  });
  put_source(source);
}

void Store::put_lane(const LaneBook& lane) {
  attempt([&] {
    Use put(statements_->put_lane);
    const std::string ahead = lane.ahead.encode();
    put->bind(1, lane.id.value);
    put->bind(2, as_int(lane.cursor.value));
    bind_blob(*put, 3, ahead);
    int index = 4;
    for (const std::uint64_t counter : {lane.received, lane.delivered, lane.filtered, lane.dead, lane.expired,
                                        lane.evicted, lane.lost, lane.removed, lane.dropped, lane.digest()})
      put->bind(index++, as_int(counter));
    put->exec();
  });
}

void Store::put_source(const SourceBook& source) {
  attempt([&] {
    Use put(statements_->put_source);
    put->bind(1, source.id.value);
    int index = 2;
    for (const std::uint64_t counter : {source.received, source.routed, source.filtered, source.kept, source.evicted,
                                        source.repeats, source.digest()})
      put->bind(index++, as_int(counter));
    put->exec();
  });
}

void Store::put_spool(const SpoolBook& spool) {
  attempt([&] {
    Use put(statements_->put_spool);
    SQLite::bind(*put, as_int(spool.commits), as_int(spool.last.value), std::int64_t{spool.age.count()}, ms(spool.wall),
                 as_int(spool.unaccounted), as_int(spool.digest()));
    put->exec();
  });
}

void Store::put_state(StateOf of, std::uint32_t owner, std::string_view key, std::string_view value) {
  attempt([&] {
    Use put(of == StateOf::source ? statements_->put_source_state : statements_->put_lane_state);
    put->bind(1, owner);
    bind_blob(*put, 2, key);
    bind_blob(*put, 3, value);
    put->bind(4, as_int(state_digest(of, owner, key, value)));
    put->exec();
  });
}

void Store::erase_state(StateOf of, std::uint32_t owner, std::string_view key) {
  attempt([&] {
    Use erase(of == StateOf::source ? statements_->erase_source_state : statements_->erase_lane_state);
    erase->bind(1, owner);
    bind_blob(*erase, 2, key);
    erase->exec();
  });
}

void Store::put_deferred(LaneId lane, const Deferred& deferred) {
  attempt([&] {
    Use put(statements_->put_deferred);
    record_.clear();
    put_sealed_record(record_, deferred.event);
    SQLite::bind(*put, lane.value, as_int(deferred.seq.value), deferred.attempts, ms(deferred.retry_at),
                 ms(deferred.first_failure), ms(deferred.last_failure), deferred.reason);
    bind_blob(*put, 8, record_);
    put->exec();
  });
}

void Store::erase_deferred(LaneId lane, Seq seq) {
  attempt([&] {
    Use erase(statements_->erase_deferred);
    SQLite::bind(*erase, lane.value, as_int(seq.value));
    erase->exec();
  });
}

void Store::move_deferred(LaneId from, Seq seq, LaneId to, Seq to_seq) {
  attempt([&] {
    SQLite::Statement move(*db_, "UPDATE deferred SET lane = ?3, seq = ?4 WHERE lane = ?1 AND seq = ?2");
    SQLite::bind(move, from.value, as_int(seq.value), to.value, as_int(to_seq.value));
    move.exec();
  });
}

void Store::put_dead(LaneId lane, const DeadEvent& dead) {
  attempt([&] {
    Use put(statements_->put_dead);
    record_.clear();
    put_sealed_record(record_, dead.event);
    SQLite::bind(*put, lane.value, as_int(dead.seq.value), static_cast<int>(dead.why), dead.attempts,
                 ms(dead.first_failure), ms(dead.last_failure), dead.reason);
    bind_blob(*put, 8, record_);
    put->exec();
  });
}

std::map<LaneId, Store::Letters> Store::count_letters() {
  std::map<LaneId, Letters> out;
  attempt([&] {
    SQLite::Statement rows(*db_, "SELECT lane, why, count(*) FROM dead_letters GROUP BY lane, why");
    while (rows.executeStep()) {
      Letters& letters = out[LaneId{static_cast<std::uint32_t>(rows.getColumn(0).getInt64())}];
      const bool expired = static_cast<DeadReason>(rows.getColumn(1).getInt()) == DeadReason::expired;
      (expired ? letters.expired : letters.dead) += as_uint(rows.getColumn(2));
    }
  });
  return out;
}

std::optional<Store::DeadRow> Store::revive_dead(std::uint64_t number, WallTime now) {
  attempt([&] {
    SQLite::Statement copy(*db_,
                           "INSERT INTO deferred SELECT lane, seq, 0, ?2, first_failure, last_failure, reason, record "
                           "FROM dead_letters WHERE number = ?1");
    SQLite::bind(copy, as_int(number), ms(now));
    copy.exec();
  });
  return erase_dead(number);
}

std::optional<Store::DeadRow> Store::erase_dead(std::uint64_t number) {
  std::optional<DeadRow> out;
  attempt([&] {
    SQLite::Statement erase(*db_, "DELETE FROM dead_letters WHERE number = ? RETURNING lane, seq, why");
    erase.bind(1, as_int(number));
    if (!erase.executeStep()) return;
    out = DeadRow{LaneId{static_cast<std::uint32_t>(erase.getColumn(0).getInt64())}, Seq{as_uint(erase.getColumn(1))},
                  static_cast<DeadReason>(erase.getColumn(2).getInt())};
  });
  return out;
}

std::uint64_t Store::erase_letters_of(LaneId lane, std::size_t limit) {
  std::uint64_t erased = 0;
  attempt([&] {
    SQLite::Statement erase(*db_,
                            "DELETE FROM dead_letters WHERE number IN (SELECT number FROM dead_letters WHERE lane = ?1 "
                            "LIMIT ?2)");
    SQLite::bind(erase, lane.value, as_int(limit));
    erased = static_cast<std::uint64_t>(erase.exec());
  });
  return erased;
}

Store::Space Store::space() {
  Space space;
  attempt([&] {
    Use row(statements_->space);
    if (!row->executeStep()) return;
    const std::uint64_t pages = as_uint(row->getColumn(0));
    const std::uint64_t page_size = as_uint(row->getColumn(2));
    space.used = (pages - as_uint(row->getColumn(1))) * page_size;
    space.file = pages * page_size;
    sqlite3_file* log = nullptr;
    sqlite3_file_control(db_->getHandle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
    sqlite3_int64 size = 0;
    if (log != nullptr && log->pMethods != nullptr && log->pMethods->xFileSize(log, &size) == SQLITE_OK)
      space.log = static_cast<std::uint64_t>(size);
  });
  return space;
}

void Store::limit_log(std::uint64_t bytes) {
  attempt([&] { db_->exec(fmt::format("PRAGMA journal_size_limit = {}", bytes)); });
}

Status Store::checkpoint(int mode) {
  sqlite3* const handle = db_->getHandle();
  const int code = sqlite3_wal_checkpoint_v2(handle, "main", mode, nullptr, nullptr);
  if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) return {};
  return sqlite_error(SQLite::Exception(handle, code));
}

Status Store::checkpoint_if_due(std::uint64_t due_bytes) {
  const std::uint64_t bytes = log_frames_ * page_bytes_;
  // After an attempt that a reader cut short, wait for as much again: each attempt costs syncs.
  if (bytes < checkpoint_tried_at_ + due_bytes) return {};
  checkpoint_tried_at_ = bytes;
  if (bytes < limits::kWalTruncateBytes) return checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  // Receipts must not wait for somebody's long read: only ask.
  sqlite3_busy_timeout(db_->getHandle(), 0);
  Status done = checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
  sqlite3_busy_timeout(db_->getHandle(), kBusyWaitMs);
  return done;
}

Status Store::checkpoint_all() { return checkpoint(SQLITE_CHECKPOINT_TRUNCATE); }

}  // namespace tidegate
