#include "gateway/spool/schema.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "gateway/spool/books.h"
#include "gateway/spool/database.h"

namespace tidegate {

namespace {

/// Version 1. Every table is described in FORMAT.md. A new spool takes every step too, so that its tables lie where
/// those of an old one do: a salvage that lost page 1 takes that of a new spool.
constexpr const char* kTables = R"sql(
CREATE TABLE spool(
  id INTEGER PRIMARY KEY CHECK (id = 1), commits INTEGER NOT NULL, last_seq INTEGER NOT NULL, age_ms INTEGER NOT NULL,
  wall_ms INTEGER NOT NULL, unaccounted INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE lanes(
  id INTEGER PRIMARY KEY, route TEXT NOT NULL, sink TEXT NOT NULL, cursor INTEGER NOT NULL, ahead BLOB NOT NULL,
  received INTEGER NOT NULL, delivered INTEGER NOT NULL, filtered INTEGER NOT NULL, dead INTEGER NOT NULL,
  expired INTEGER NOT NULL, evicted INTEGER NOT NULL, lost INTEGER NOT NULL, removed INTEGER NOT NULL,
  dropped INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE sources(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, received INTEGER NOT NULL, routed INTEGER NOT NULL,
  filtered INTEGER NOT NULL, kept INTEGER NOT NULL, evicted INTEGER NOT NULL, repeats INTEGER NOT NULL,
  checksum INTEGER NOT NULL);
CREATE TABLE source_state(
  source INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (source, key)) WITHOUT ROWID;
CREATE TABLE log(
  first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, committed_at INTEGER NOT NULL, age_ms INTEGER NOT NULL,
  lanes BLOB NOT NULL, codec INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, checksum INTEGER NOT NULL,
  body BLOB NOT NULL);
CREATE TABLE deferred(
  lane INTEGER NOT NULL, seq INTEGER NOT NULL, attempts INTEGER NOT NULL, retry_at INTEGER NOT NULL,
  first_failure INTEGER NOT NULL, last_failure INTEGER NOT NULL, reason TEXT NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (lane, seq)) WITHOUT ROWID;
CREATE TABLE dead_letters(
  number INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, seq INTEGER NOT NULL, why INTEGER NOT NULL,
  attempts INTEGER NOT NULL, first_failure INTEGER NOT NULL, last_failure INTEGER NOT NULL, reason TEXT NOT NULL,
  record BLOB NOT NULL);
CREATE TABLE damaged(
  first_seq INTEGER NOT NULL, found_at INTEGER NOT NULL, count INTEGER NOT NULL, lanes BLOB, codec INTEGER,
  raw_bytes INTEGER, checksum INTEGER, body BLOB);
)sql";

void create_tables(SQLite::Database& db) {
  db.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
  db.exec(kTables);
  SQLite::Statement first(db, "INSERT INTO spool VALUES (1, 0, 0, 0, 0, 0, ?)");
  first.bind(1, static_cast<std::int64_t>(SpoolBook{}.digest()));
  first.exec();
}

/// Version 2: what sources remember has checksums, and lanes remember things too.
void add_state(SQLite::Database& db) {
  db.exec("ALTER TABLE source_state ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0");
  db.exec(
      "CREATE TABLE lane_state(lane INTEGER NOT NULL, key BLOB NOT NULL, checksum INTEGER NOT NULL, "
      "value BLOB NOT NULL, PRIMARY KEY (lane, key)) WITHOUT ROWID");
  seal_source_state(db);
}

using Step = void (*)(SQLite::Database&);
/// Step n leads from version n to version n + 1.
constexpr std::array<Step, kSchemaVersion> kSteps = {create_tables, add_state};

}  // namespace

void seal_source_state(SQLite::Database& db) {
  // Rows first: changing a table under the statement that walks it would be undefined.
  struct Row {
    std::uint32_t source;
    std::string key;
    std::uint64_t checksum;
  };
  std::vector<Row> rows;
  SQLite::Statement walk(db, "SELECT source, key, value FROM source_state");
  while (walk.executeStep()) {
    const auto source = static_cast<std::uint32_t>(walk.getColumn(0).getInt64());
    const std::string_view key = blob(walk, 1);
    rows.push_back({source, std::string(key), state_digest(StateOf::source, source, key, blob(walk, 2))});
  }
  SQLite::Statement put(db, "UPDATE source_state SET checksum = ?3 WHERE source = ?1 AND key = ?2");
  for (const Row& row : rows) {
    put.bind(1, row.source);
    bind_blob(put, 2, row.key);
    put.bind(3, as_int(row.checksum));
    put.exec();
    put.reset();
  }
}

Status migrate(SQLite::Database& db) {
  const int application = db.execAndGet("PRAGMA application_id").getInt();
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  if (version > kSchemaVersion)
    return Error{ErrorCode::refused,
                 fmt::format("the spool was written by a newer Tidegate (format {}, this one knows {}): install that "
                             "version again, or name another data_dir; nothing was changed",
                             version, kSchemaVersion)};
  if (version > 0 && application != kApplicationId)
    return Error{ErrorCode::corrupt, "the database is not one of Tidegate's"};
  if (version == kSchemaVersion) return {};
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  for (int at = version; at < kSchemaVersion; ++at) kSteps[static_cast<std::size_t>(at)](db);
  db.exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  transaction.commit();
  return {};
}

}  // namespace tidegate
