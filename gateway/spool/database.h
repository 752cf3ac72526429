#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/mutex.h"
#include "gateway/base/result.h"
#include "gateway/spool/block.h"
#include "gateway/spool/books.h"
#include "gateway/spool/spool.h"

/// What every user of a spool database shares: how it is opened, and how its rows are read. The functions here throw
/// SQLite::Exception; their callers inside gateway/spool turn it into an Error with guarded().
namespace tidegate {

/// An SQLite failure as an Error: full, io, corrupt or unavailable, with SQLite's own words.
Error sqlite_error(const SQLite::Exception& failure);

/// Runs `work`, which may throw SQLite::Exception or return a Status or nothing.
/// The analysis cannot see here which locks the caller holds for `work`; it has looked at `work` itself.
template <class Work>
TIDEGATE_ANNOTATE(no_thread_safety_analysis)
Status guarded(Work&& work) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
      std::forward<Work>(work)();
      return {};
    } else {
      return std::forward<Work>(work)();
    }
  } catch (const SQLite::Exception& failure) {
    return sqlite_error(failure);
  }
}

/// How long a statement waits for another process (an audit) to let go of a lock; such locks are held for moments.
inline constexpr int kBusyWaitMs = 2000;

enum class OpenAs : std::uint8_t { writer, reader };

/// Opens the file with the pragmas that every connection needs.
std::unique_ptr<SQLite::Database> open_database(const std::filesystem::path& file, const std::string& vfs, OpenAs as,
                                                SyncMode sync);

/// A blob column as bytes; valid until the statement moves on.
std::string_view blob(const SQLite::Statement& row, int column);
/// Binds bytes without copying them; empty bytes are an empty blob, not NULL.
void bind_blob(SQLite::Statement& statement, int index, std::string_view bytes);
inline std::int64_t as_int(std::uint64_t v) noexcept { return static_cast<std::int64_t>(v); }
inline std::uint64_t as_uint(const SQLite::Column& column) noexcept {
  return static_cast<std::uint64_t>(column.getInt64());
}

/// The columns of `log` that read_head() and read_body() expect, in this order.
inline constexpr const char* kHeadColumns = "first_seq, count, committed_at, age_ms, lanes";
inline constexpr const char* kBlockColumns =
    "first_seq, count, committed_at, age_ms, lanes, codec, raw_bytes, checksum, body";
/// Sets `damaged` when the head's checksum does not match; place and count are filled in all the same.
void read_head(const SQLite::Statement& row, BlockHead& head);
BlockBody read_body(const SQLite::Statement& row);

/// Whole rows of their tables. False when a row's checksum does not match.
bool read_spool(const SQLite::Statement& row, SpoolBook& spool);
bool read_lane(const SQLite::Statement& row, LaneBook& lane);
bool read_source(const SQLite::Statement& row, SourceBook& source);

/// Reads spool, lanes, sources and the keys of deferred. Throws SQLite::Exception; corrupt when a row is no book.
Status load_books(SQLite::Database& db, Books& books);

/// Rows of `source_state` or `lane_state` whose keys start with `prefix`, ascending by key. Those that are not what was
/// written are left out and counted.
using StateRows = std::vector<std::pair<std::string, std::string>>;
StateRows load_state(SQLite::Database& db, StateOf of, std::uint32_t owner, const std::string& prefix,
                     std::uint64_t& damaged);

/// *Errors*: refused, when a newer Tidegate wrote the database: who only reads must not guess either.
Status check_readable(SQLite::Database& db);

std::vector<DeadLetter> load_dead_letters(SQLite::Database& db, const DeadQuery& query);
std::vector<Deferred> load_deferred(SQLite::Database& db, LaneId lane);

}  // namespace tidegate
