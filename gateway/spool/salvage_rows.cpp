#include "gateway/spool/salvage_rows.h"

#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "gateway/spool/damaged_pages.h"
#include "gateway/spool/page_scan.h"
#include "gateway/spool/record.h"
#include "gateway/spool/schema.h"
#include "gateway/spool/spool_limits.h"

namespace tidegate {

namespace {

/// Where the walk looks for keys behind a page that cannot be read.
constexpr std::int64_t kProbes = 1024;
/// Rows per transaction: bounds what a transaction holds in memory.
constexpr std::size_t kRowsPerTransaction = 256;

/// A table, and how its rows are known in a page that does not say whose it is: by the kinds of their columns, which
/// no two tables have in common, and by their checksums.
struct Table {
  const char* name;
  const char* key;
  std::string_view kinds;            ///< see column_kinds(); a key that is a rowid is stored as null
  const char* columns_written = "";  ///< when not all of the new table's
  [[nodiscard]] int columns() const noexcept { return static_cast<int>(kinds.size()); }
};
constexpr Table kSpool{"spool", "id", "niiiiii"};
constexpr Table kLanes{"lanes", "id", "nttibiiiiiiiiii"};
constexpr Table kSources{"sources", "id", "ntiiiiiii"};
constexpr Table kDeferred{"deferred", "lane", "iiiiiitb"};
constexpr Table kDeadLetters{"dead_letters", "number", "niiiiiitb"};
constexpr Table kLog{"log", "first_seq", "niiibiiib"};
/// A source that remembers having seen what it has not would lose it; one without its memory delivers something twice.
/// So of these, as of the books, only rows count whose checksum holds.
constexpr Table kSourceState{"source_state", "source", "ibbi"};
constexpr Table kLaneState{"lane_state", "lane", "ibib"};
/// As format 1 had it, without checksums: taken from its tree alone.
constexpr Table kSourceState1{"source_state", "source", "ibb", "(source, key, value)"};

/// Every key of a table that can be reached: forwards from the start, backwards from the end, and from points between.
std::vector<std::int64_t> reachable_keys(SQLite::Database& db, const char* table, const char* key) {
  std::vector<std::int64_t> out;
  const auto walk = [&](const std::string& order, std::int64_t from, std::int64_t to) {
    std::ignore = guarded([&] {
      SQLite::Statement rows(
          db, fmt::format("SELECT {0} FROM {1} WHERE {0} BETWEEN ?1 AND ?2 ORDER BY {0} {2}", key, table, order));
      SQLite::bind(rows, from, to);
      while (rows.executeStep()) out.push_back(rows.getColumn(0).getInt64());
      return Status{};
    });
  };
  constexpr std::int64_t kEnd = INT64_MAX;
  walk("ASC", 0, kEnd);
  const std::int64_t low = out.empty() ? 0 : out.back();
  walk("DESC", low + 1, kEnd);
  const std::int64_t high = out.empty() ? 0 : out.back();
  const std::int64_t step = std::max<std::int64_t>(1, (high - low) / kProbes);
  for (std::int64_t at = low + 1; at < high; at += step) walk("ASC", at, std::min(high, at + step - 1));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Writes rows to the new database, some hundred to a transaction.
class RowWriter {
 public:
  explicit RowWriter(SQLite::Database& to) : to_(to) {}

  [[nodiscard]] SQLite::Statement insert_into(const Table& table) {
    std::string marks = "?";
    for (int i = 1; i < table.columns(); ++i) marks += ", ?";
    return {to_, fmt::format("INSERT OR IGNORE INTO {}{} VALUES ({})", table.name, table.columns_written, marks)};
  }

  void write(SQLite::Statement& row, SQLite::Statement& put, const Table& table) {
    if (!status_) return;
    status_ = guarded([&] {
      if (open_rows_++ == 0) to_.exec("BEGIN");
      for (int i = 0; i < table.columns(); ++i) {
        const SQLite::Column cell = row.getColumn(i);
        if (cell.isInteger())
          put.bind(i + 1, cell.getInt64());
        else if (cell.isText())
          put.bind(i + 1, cell.getString());
        else
          bind_blob(put, i + 1, blob(row, i));
      }
      put.exec();
      put.reset();
    });
    if (open_rows_ >= kRowsPerTransaction) flush();
  }

  void flush() {
    if (open_rows_ == 0) return;
    open_rows_ = 0;
    if (Status done = guarded([&] { to_.exec("COMMIT"); }); !done && status_) status_ = done;
  }

  [[nodiscard]] SQLite::Database& database() noexcept { return to_; }
  /// A failure of the new database (a full disk) ends the salvage; those of the old one are its daily bread.
  [[nodiscard]] const Status& status() const noexcept { return status_; }

 private:
  SQLite::Database& to_;
  std::size_t open_rows_ = 0;
  Status status_;
};

using Keep = std::function<bool(const SQLite::Statement&)>;

/// Rows of a table with an integer key, one by one: a row that cannot be read costs only itself.
void copy_by_key(SQLite::Database& from, RowWriter& to, const Table& table, const Keep& keep) {
  SQLite::Statement put = to.insert_into(table);
  for (const std::int64_t number : reachable_keys(from, table.name, table.key))
    std::ignore = guarded([&]() -> Status {
      SQLite::Statement row(from, fmt::format("SELECT * FROM {} WHERE {} = ?", table.name, table.key));
      row.bind(1, number);
      if (row.executeStep() && keep(row)) to.write(row, put, table);
      return {};
    });
  to.flush();
}

/// Rows of a table without one, from both ends towards the damage.
void copy_by_scan(SQLite::Database& from, RowWriter& to, const Table& table, const Keep& keep) {
  SQLite::Statement put = to.insert_into(table);
  for (const char* const order : {"ASC", "DESC"}) {
    const Status whole = guarded([&] {
      SQLite::Statement rows(from,
                             fmt::format("SELECT * FROM {0} ORDER BY {1} {2}, 2 {2}", table.name, table.key, order));
      while (rows.executeStep())
        if (keep(rows)) to.write(rows, put, table);
    });
    if (whole) break;
  }
  to.flush();
}

/// Takes rows out of single pages.
class PageRows {
 public:
  PageRows(DamagedPages& pages, RowWriter& to) : pages_(pages), to_(to) {}

  void take(const Table& table, Keep keep) { wanted_.push_back(std::make_unique<Wanted>(table, std::move(keep), to_)); }

  /// Writes the rows of one page that are wanted and not there yet.
  void scan(std::string_view page) {
    // The pages where a row goes on take the place of this one.
    page_.assign(page);
    PageCells cells(page_);
    for (PageCell cell; cells.next(cell);) {
      const std::string kinds = column_kinds(cell);
      for (const auto& wanted : wanted_)
        if (wanted->table.kinds == kinds) std::ignore = guarded([&] { write(cell, *wanted); });
    }
  }

 private:
  struct Wanted {
    Wanted(const Table& t, Keep k, RowWriter& to)
        : table(t),
          keep(std::move(k)),
          put(to.insert_into(t)),
          known(to.database(), fmt::format("SELECT 1 FROM {} WHERE {} = ?", t.name, t.key)),
          row(to.database(), row_query(t)) {}
    static std::string row_query(const Table& table) {
      std::string query = "SELECT ?";
      for (int i = 1; i < table.columns(); ++i) query += ", ?";
      return query;
    }
    [[nodiscard]] bool keyed() const noexcept { return table.kinds.front() == 'n'; }

    const Table& table;
    Keep keep;
    SQLite::Statement put, known;
    /// Gives the values that are bound to it: so a row out of a page is read like one of a table.
    SQLite::Statement row;
  };

  void write(const PageCell& cell, Wanted& wanted) {
    if (wanted.keyed()) {
      wanted.known.reset();
      wanted.known.bind(1, cell.key);
      if (wanted.known.executeStep()) return;
    }
    if (!gather_row(cell, pages_, bytes_) || !read_columns(bytes_, values_)) return;
    wanted.row.reset();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const PageValue& value = values_[i];
      const int at = static_cast<int>(i) + 1;
      if (value.kind == 'b')
        bind_blob(wanted.row, at, value.bytes);
      else if (value.kind == 't')
        wanted.row.bind(at, std::string(value.bytes));
      else
        wanted.row.bind(at, value.kind == 'n' ? cell.key : value.number);
    }
    if (wanted.row.executeStep() && wanted.keep(wanted.row)) to_.write(wanted.row, wanted.put, wanted.table);
    wanted.row.reset();
  }

  DamagedPages& pages_;
  RowWriter& to_;
  std::vector<std::unique_ptr<Wanted>> wanted_;
  std::string page_, bytes_;  ///< reused
  std::vector<PageValue> values_;
};

/// Decides about blocks.
class BlockJudge {
 public:
  BlockJudge(SQLite::Database& to, SavedRows& saved)
      : saved_(saved),
        overlapping_(to, "SELECT 1 FROM log WHERE first_seq BETWEEN ?1 AND ?2 AND first_seq + count > ?3 LIMIT 1") {}

  /// Both its checksums hold: counted as saved.
  bool sound(const SQLite::Statement& row) {
    BlockHead head;
    read_head(row, head);
    if (head.damaged || !codec_.open(head.first, read_body(row), raw_)) return false;
    saved_.last = std::max(saved_.last, head.last());
    saved_.events += head.count;
    return true;
  }

  /// None of its positions belongs to a block that was saved. (Positions are given anew when SQLite has dropped a
  /// commit at the end of its log: then an old page can hold another block for them.)
  bool fits(const BlockHead& head) {
    overlapping_.reset();
    const std::int64_t first = as_int(head.first.value);
    SQLite::bind(overlapping_, first - static_cast<std::int64_t>(limits::kBlockEventsMax) + 1,
                 as_int(head.last().value), first);
    const bool none = !overlapping_.executeStep();
    overlapping_.reset();
    return none;
  }

  /// Whether the books say that the log still has it: a block is removed when all its lanes have settled it, so one
  /// that a lane has yet to settle was not. One that all have settled may have been removed, or is only retained:
  /// in a page that may be free, that cannot be told apart. Nor can it for a lane whose book is lost; and what is
  /// beyond the last position was never committed.
  static bool owed(const BlockHead& head, const Books& books) {
    if (books.spool.commits > 0 && head.last() > books.spool.last) return false;
    return std::ranges::any_of(head.lanes.lanes(), [&](const LaneRuns& runs) {
      const LaneBook* const lane = books.lane(runs.lane);
      return lane != nullptr && lane->unsettled(head.first, runs) > 0;
    });
  }

 private:
  SavedRows& saved_;
  BlockCodec codec_;
  std::string raw_;
  SQLite::Statement overlapping_;
};

bool sound_spool(const SQLite::Statement& row) {
  SpoolBook book;
  return read_spool(row, book);
}
bool sound_lane(const SQLite::Statement& row) {
  LaneBook book;
  return read_lane(row, book);
}
bool sound_source(const SQLite::Statement& row) {
  SourceBook book;
  return read_source(row, book);
}
/// `deferred` and `dead_letters` have their record last.
template <int kRecordColumn>
bool sound_record(const SQLite::Statement& row) {
  Event event;
  return get_sealed_record(blob(row, kRecordColumn), event);
}
template <StateOf kOf, int kChecksumColumn, int kValueColumn>
bool sound_state(const SQLite::Statement& row) {
  const auto owner = static_cast<std::uint32_t>(row.getColumn(0).getInt64());
  return as_uint(row.getColumn(kChecksumColumn)) == state_digest(kOf, owner, blob(row, 1), blob(row, kValueColumn));
}
constexpr auto sound_source_state = sound_state<StateOf::source, 3, 2>;
constexpr auto sound_lane_state = sound_state<StateOf::lane, 2, 3>;
bool as_it_is(const SQLite::Statement&) { return true; }

/// Whether the damaged database is of a format without `lane_state`.
bool is_format_1(SQLite::Database& from) {
  int version = kSchemaVersion;
  std::ignore = guarded([&] { version = from.execAndGet("PRAGMA user_version").getInt(); });
  return version < kFirstVersionWithState;
}

void walk_tables(SQLite::Database& from, RowWriter& to, BlockJudge& judge) {
  copy_by_key(from, to, kSpool, sound_spool);
  copy_by_key(from, to, kLanes, sound_lane);
  copy_by_key(from, to, kSources, sound_source);
  if (is_format_1(from)) {
    copy_by_scan(from, to, kSourceState1, as_it_is);
    std::ignore = guarded([&] { seal_source_state(to.database()); });
  } else {
    copy_by_scan(from, to, kSourceState, sound_source_state);
    copy_by_scan(from, to, kLaneState, sound_lane_state);
  }
  copy_by_scan(from, to, kDeferred, sound_record<7>);
  copy_by_key(from, to, kDeadLetters, sound_record<8>);
  copy_by_key(from, to, kLog, [&](const SQLite::Statement& row) { return judge.sound(row); });
}

/// What the trees did not lead to, in the pages that belong to a table for certain.
void scan_tables(DamagedPages& pages, RowWriter& to, BlockJudge& judge) {
  PageRows rows(pages, to);
  rows.take(kSpool, sound_spool);
  rows.take(kLanes, sound_lane);
  rows.take(kSources, sound_source);
  rows.take(kSourceState, sound_source_state);
  rows.take(kLaneState, sound_lane_state);
  rows.take(kDeferred, sound_record<7>);
  rows.take(kDeadLetters, sound_record<8>);
  rows.take(kLog, [&](const SQLite::Statement& row) {
    BlockHead head;
    read_head(row, head);
    return !head.damaged && judge.fits(head) && judge.sound(row);
  });
  for (std::uint32_t n = 2; n <= pages.count() && to.status(); ++n)
    if (pages.use(n) == DamagedPages::Use::in_tables) rows.scan(pages.page(n));
  to.flush();
}

/// What is then still owed, in pages that may have been given up, the likelier ones first.
void scan_remains(DamagedPages& pages, RowWriter& to, BlockJudge& judge) {
  Books books;
  if (!guarded([&] { return load_books(to.database(), books); })) return;
  PageRows rows(pages, to);
  rows.take(kLog, [&](const SQLite::Statement& row) {
    BlockHead head;
    read_head(row, head);
    return !head.damaged && BlockJudge::owed(head, books) && judge.fits(head) && judge.sound(row);
  });
  for (const auto use : {DamagedPages::Use::unknown, DamagedPages::Use::free})
    for (std::uint32_t n = 2; n <= pages.count() && to.status(); ++n)
      if (pages.use(n) == use) rows.scan(pages.page(n));
  for (std::uint64_t n = 0; n < pages.frames() && to.status(); ++n) rows.scan(pages.frame(n));
  to.flush();
}

}  // namespace

Status save_rows(SQLite::Database* from, const std::filesystem::path& damaged, SQLite::Database& to, SavedRows& saved) {
  RowWriter writer(to);
  BlockJudge judge(to, saved);
  to.exec("DELETE FROM spool");
  if (from != nullptr) walk_tables(*from, writer, judge);
  DamagedPages pages(damaged);
  scan_tables(pages, writer, judge);
  SQLite::Statement blank(to, "INSERT OR IGNORE INTO spool VALUES (1, 0, 0, 0, 0, 0, ?)");
  blank.bind(1, as_int(SpoolBook{}.digest()));
  blank.exec();
  scan_remains(pages, writer, judge);
  return writer.status();
}

}  // namespace tidegate
