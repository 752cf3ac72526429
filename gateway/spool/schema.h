#pragma once

#include "gateway/base/result.h"

namespace SQLite {
class Database;
}

namespace tidegate {

/// Version of the tables that this program writes; stored as `PRAGMA user_version`.
inline constexpr int kSchemaVersion = 1;
/// Stored as `PRAGMA application_id`: "TdGt".
inline constexpr int kApplicationId = 0x54644774;

/// Brings the tables of an open database up to kSchemaVersion, one step per version, in one transaction.
/// *Errors*: refused (written by a newer Tidegate; nothing is changed), corrupt (a database of something else).
/// Throws SQLite::Exception.
Status migrate(SQLite::Database& db);

}  // namespace tidegate
