#pragma once

#include <filesystem>

#include "gateway/base/result.h"
#include "gateway/spool/database.h"

namespace tidegate {

struct SavedRows {
  Seq last;                  ///< the highest position of a block that was saved
  std::uint64_t events = 0;  ///< in the blocks that were saved
};

/// Copies every row that can still be read from a damaged database into a new one: first those that its trees lead
/// to, then those found in its pages without the trees. `from` is the database as SQLite opened it, null if it could
/// not. Throws SQLite::Exception. *Errors*: full, io (of the new one). *Blocks*.
Status save_rows(SQLite::Database* from, const std::filesystem::path& damaged, SQLite::Database& to, SavedRows& saved);

}  // namespace tidegate
