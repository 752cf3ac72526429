#include "gateway/spool/schema.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <array>

#include "gateway/spool/books.h"

namespace tidegate {

namespace {

/// Every table is described in FORMAT.md.
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

using Step = void (*)(SQLite::Database&);
/// Step n leads from version n to version n + 1.
constexpr std::array<Step, kSchemaVersion> kSteps = {create_tables};

}  // namespace

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
