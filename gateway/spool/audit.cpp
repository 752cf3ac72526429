#include "gateway/spool/audit.h"

#include <fmt/format.h>

#include "gateway/spool/database.h"
#include "gateway/spool/files.h"
#include "gateway/spool/record.h"
#include "gateway/spool/schema.h"
#include "gateway/spool/spool.h"

namespace tidegate {

namespace {

/// What is counted again from the stored events themselves.
struct Recount {
  struct Lane {
    std::uint64_t in_log = 0;  ///< events of the lane that are still in the log
    std::uint64_t unsettled = 0;
    std::uint64_t deferred = 0;
    std::uint64_t dead = 0;
    std::uint64_t expired = 0;
  };
  std::map<LaneId, Lane> lanes;
};

using Faults = std::vector<std::string>;

void expect(Faults& faults, std::uint64_t booked, std::uint64_t counted, const std::string& what) {
  if (booked != counted) faults.push_back(fmt::format("{}: the books say {}, counted {}", what, booked, counted));
}

void check_block(const SQLite::Statement& row, const BlockHead& head, BlockCodec& codec, Faults& faults) {
  std::string raw;
  if (!codec.open(head.first, read_body(row), raw)) {
    faults.push_back(fmt::format("events {} to {} cannot be read: the block's checksum does not match",
                                 head.first.value, head.last().value));
    return;
  }
  RecordWalk walk(raw);
  std::string_view record;
  Event event;
  std::uint64_t records = 0;
  while (walk.next(record)) {
    ++records;
    if (!get_record(record, event))
      faults.push_back(fmt::format("event {} is not a record", head.first.value + records - 1));
  }
  expect(faults, head.count, records, fmt::format("events in block {}", head.first.value));
}

void count_log(SQLite::Database& db, const Books& books, Recount& recount, Faults& faults) {
  BlockCodec codec;
  SQLite::Statement rows(db, fmt::format("SELECT {} FROM log ORDER BY first_seq", kBlockColumns));
  Seq last{0};
  while (rows.executeStep()) {
    BlockHead head;
    read_head(rows, head);
    if (head.damaged) {
      faults.push_back(fmt::format("the head of block {} is damaged", head.first.value));
      continue;
    }
    if (head.first <= last) faults.push_back(fmt::format("block {} overlaps the one before it", head.first.value));
    last = head.last();
    check_block(rows, head, codec, faults);
    for (const LaneRuns& runs : head.lanes.lanes()) {
      const LaneBook* const book = books.lane(runs.lane);
      if (book == nullptr) {
        faults.push_back(
            fmt::format("block {} is wanted by lane {}, which has no book", head.first.value, runs.lane.value));
        continue;
      }
      Recount::Lane& lane = recount.lanes[runs.lane];
      lane.in_log += runs.events;
      lane.unsettled += book->unsettled(head.first, runs);
    }
  }
  if (last > books.spool.last)
    faults.push_back(fmt::format("the log reaches event {}, the books only {}", last.value, books.spool.last.value));
}

void count_letters(SQLite::Database& db, Recount& recount) {
  SQLite::Statement dead(db, "SELECT lane, why, count(*) FROM dead_letters GROUP BY lane, why");
  while (dead.executeStep()) {
    Recount::Lane& lane = recount.lanes[LaneId{static_cast<std::uint32_t>(dead.getColumn(0).getInt64())}];
    const bool expired = static_cast<DeadReason>(dead.getColumn(1).getInt()) == DeadReason::expired;
    (expired ? lane.expired : lane.dead) += as_uint(dead.getColumn(2));
  }
  SQLite::Statement deferred(db, "SELECT lane, count(*) FROM deferred GROUP BY lane");
  while (deferred.executeStep())
    recount.lanes[LaneId{static_cast<std::uint32_t>(deferred.getColumn(0).getInt64())}].deferred =
        as_uint(deferred.getColumn(1));
}

void check_lanes(const Books& books, const Recount& recount, Faults& faults) {
  for (const auto& [id, book] : books.lanes()) {
    const auto found = recount.lanes.find(id);
    const Recount::Lane counted = found == recount.lanes.end() ? Recount::Lane{} : found->second;
    const std::string name = "lane " + book.name();
    const std::uint64_t settled = book.delivered + book.filtered + book.dead + book.expired + book.evicted + book.lost;
    if (settled > book.received)
      faults.push_back(fmt::format("{}: {} events settled, only {} received", name, settled, book.received));
    expect(faults, book.pending(), counted.unsettled + counted.deferred, name + ", pending");
    expect(faults, book.received - book.removed, counted.in_log, name + ", events in the log");
    expect(faults, book.resting(), counted.dead + counted.expired, name + ", dead letters");
    if (counted.dead > book.dead || counted.expired > book.expired)
      faults.push_back(fmt::format("{}: more dead letters of one kind rest than were ever booked", name));
    if (book.cursor > books.spool.last)
      faults.push_back(fmt::format("{}: the cursor is at {}, beyond the last event {}", name, book.cursor.value,
                                   books.spool.last.value));
  }
}

void check_sources(const Books& books, Faults& faults) {
  std::uint64_t stored = books.spool.unaccounted;
  for (const auto& [id, book] : books.sources()) {
    expect(faults, book.received, book.routed + book.filtered + book.evicted,
           fmt::format("source {}, received against routed + filtered + evicted", book.name));
    stored += book.routed + book.kept;
  }
  expect(faults, books.spool.last.value, stored, "events stored against events of the sources");
}

void check_state(SQLite::Database& db, Faults& faults) {
  // Before format 2 there were no checksums, and lanes remembered nothing.
  if (db.execAndGet("PRAGMA user_version").getInt() < kFirstVersionWithState) return;
  const std::pair<StateOf, const char*> tables[] = {
      {StateOf::source, "SELECT source, key, value, checksum FROM source_state"},
      {StateOf::lane, "SELECT lane, key, value, checksum FROM lane_state"}};
  for (const auto& [of, query] : tables) {
    SQLite::Statement rows(db, query);
    while (rows.executeStep()) {
      const auto owner = static_cast<std::uint32_t>(rows.getColumn(0).getInt64());
      if (as_uint(rows.getColumn(3)) != state_digest(of, owner, blob(rows, 1), blob(rows, 2)))
        faults.push_back(fmt::format("something that {} {} remembers is not what was written",
                                     of == StateOf::source ? "source" : "lane", owner));
    }
  }
}

SpoolSnapshot snapshot_of(const Books& books) {
  SpoolSnapshot out;
  out.last = books.spool.last;
  out.commits = books.spool.commits;
  for (const auto& [id, lane] : books.lanes()) {
    out.lanes[lane.name()] = lane.ledger();
    out.dead_letters[lane.name()] = lane.resting();
    out.deferred[lane.name()] = lane.deferred.size();
  }
  for (const auto& [id, source] : books.sources())
    (is_internal_source(source.name) ? out.internal : out.sources)[source.name] = source.ledger();
  return out;
}

}  // namespace

Result<AuditReport> audit_database(const std::filesystem::path& database, const std::string& vfs) {
  AuditReport report;
  const Status done = guarded([&]() -> Status {
    const auto db = open_database(database, vfs, OpenAs::reader, SyncMode::full);
    db->exec("BEGIN");
    if (Status readable = check_readable(*db); !readable) return readable;
    Books books;
    if (Status loaded = load_books(*db, books); !loaded) {
      report.faults.push_back(loaded.error().message);
      return {};
    }
    Recount recount;
    count_log(*db, books, recount, report.faults);
    count_letters(*db, recount);
    check_lanes(books, recount, report.faults);
    check_sources(books, report.faults);
    check_state(*db, report.faults);
    report.books = snapshot_of(books);
    return {};
  });
  if (!done) return done.error().in(database.string());
  return report;
}

Result<AuditReport> audit(const std::filesystem::path& data_dir) {
  const SpoolFiles files{data_dir};
  if (Status there = require_spool(files); !there) return there.error();
  auto report = audit_database(files.database(), "");
  std::error_code ignored;
  if (report) report->books.bytes_used = std::filesystem::file_size(files.database(), ignored);
  return report;
}

Result<std::vector<DeadLetter>> read_dead_letters(const std::filesystem::path& data_dir, const DeadQuery& query) {
  const SpoolFiles files{data_dir};
  if (Status there = require_spool(files); !there) return there.error();
  std::vector<DeadLetter> out;
  const Status done = guarded([&] {
    const auto db = open_database(files.database(), "", OpenAs::reader, SyncMode::full);
    out = load_dead_letters(*db, query);
  });
  if (!done) return done.error().in(files.database().string());
  return out;
}

}  // namespace tidegate
