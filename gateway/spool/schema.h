#pragma once

#include "gateway/base/result.h"

namespace SQLite {
class Database;
}

namespace tidegate {

/// Version of the tables that this program writes; stored as `PRAGMA user_version`.
inline constexpr int kSchemaVersion = 2;
/// From here on rows of `source_state` have checksums, and there is `lane_state`.
inline constexpr int kFirstVersionWithState = 2;
/// Stored as `PRAGMA application_id`: "TdGt".
inline constexpr int kApplicationId = 0x54644774;

/// Brings the tables of an open database up to kSchemaVersion, one step per version, in one transaction.
/// *Errors*: refused (written by a newer Tidegate; nothing is changed), corrupt (a database of something else).
/// Throws SQLite::Exception.
Status migrate(SQLite::Database& db);

/// Gives every row of `source_state` the checksum of what it holds. Throws SQLite::Exception.
void seal_source_state(SQLite::Database& db);

}  // namespace tidegate
