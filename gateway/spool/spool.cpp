#include "gateway/spool/spool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "gateway/base/limits.h"
#include "gateway/spool/backfill.h"
#include "gateway/spool/database.h"
#include "gateway/spool/engine.h"
#include "gateway/spool/files.h"
#include "gateway/spool/names.h"
#include "gateway/spool/reader.h"
#include "gateway/spool/reconcile.h"
#include "gateway/spool/salvage.h"
#include "gateway/spool/spool_limits.h"
#include "gateway/spool/store.h"
#include "gateway/spool/write_ahead_log.h"

namespace tidegate {

namespace {

LaneId lane_for(const LaneSpec& spec, Store& store, Books& books) {
  const bool fills = spec.start.kind != StartAt::Kind::now && spec.wants;
  std::uint32_t free = 1;
  for (const auto& [id, lane] : books.lanes()) {
    const bool filling = fills && lane.route == backfill_name(spec.route);
    if ((lane.route == spec.route || filling) && lane.sink == spec.sink) {
      books.edit(id)->configured = true;
      return id;
    }
    free = std::max(free, id.value + 1);
  }
  LaneBook lane;
  lane.id = LaneId{free};
  lane.route = fills ? backfill_name(spec.route) : spec.route;
  lane.sink = spec.sink;
  lane.configured = true;
  lane.cursor = fills ? Seq{0} : books.spool.last;
  lane.swept_to = lane.cursor;
  store.add_lane(lane);
  books.add(std::move(lane));
  return LaneId{free};
}

SourceId source_for(const std::string& name, Store& store, Books& books) {
  std::uint32_t free = 1;
  for (const auto& [id, source] : books.sources()) {
    if (source.name == name) return id;
    free = std::max(free, id.value + 1);
  }
  SourceBook source;
  source.id = SourceId{free};
  source.name = name;
  store.add_source(source);
  books.add(std::move(source));
  return SourceId{free};
}

/// The database is there and holds nothing, although it once had lanes.
bool emptied(const SpoolFiles& files) {
  std::error_code failure;
  const bool empty = std::filesystem::file_size(files.database(), failure) == 0 && !failure;
  return empty && std::filesystem::exists(files.names(), failure);
}

/// Commits that were on the disk are behind a damaged piece of the write-ahead log, where SQLite does not look.
bool rotten_log(const SpoolFiles& files, SyncMode sync) {
  return sync == SyncMode::full && look_at_log(files.database().string() + "-wal").rotten();
}

/// *Errors*: io, with the remedy: what no salvage can help.
Status check_access(const std::filesystem::path& database) {
  std::error_code failure;
  if (!std::filesystem::exists(database, failure)) return {};
  if (std::filesystem::is_regular_file(database, failure) && ::access(database.c_str(), R_OK | W_OK) == 0) return {};
  return Error{ErrorCode::io,
               fmt::format("{} must be a file that the user who runs tidegate may read and write: give it back to that "
                           "user, or move away what is in its place",
                           database.string())};
}

/// Finds or makes the rows of what the config names.
Status enter_names(const std::vector<LaneSpec>& lanes, const std::vector<std::string>& sources, Store& store,
                   Books& books, SpoolOpening& opening) {
  store.begin();
  books.begin();
  for (const LaneSpec& spec : lanes) opening.lanes.push_back(lane_for(spec, store, books));
  for (const std::string& name : sources) opening.sources.push_back(source_for(name, store, books));
  opening.internal = {source_for("(window)", store, books), source_for("(replay)", store, books),
                      source_for("(adopt)", store, books)};
  if (Status entered = store.commit(); !entered) return entered;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    if (books.lane(opening.lanes[i])->route == lanes[i].route) continue;
    if (Status filled = backfill(store, books, opening.lanes[i], lanes[i]); !filled) return filled;
  }
  return {};
}

/// The store with its names entered; once more after a salvage when the database turns out to be damaged.
Result<std::unique_ptr<Store>> open_store(const SpoolOptions& options, const SpoolFiles& files,
                                          const std::vector<LaneSpec>& lanes, const std::vector<std::string>& sources,
                                          WallTime now, Books& books, SpoolOpening& opening) {
  const bool on_disk = options.sqlite_vfs.empty();
  bool damaged = false;
  if (on_disk) {
    if (Status usable = check_access(files.database()); !usable) return usable.error();
    auto resumed = resume_salvage(files);
    if (!resumed) return resumed.error();
    opening.salvage = *std::move(resumed);
    damaged = emptied(files) || rotten_log(files, options.sync);
  }
  while (true) {
    if (damaged) {
      auto outcome = salvage(files, now);
      if (!outcome) return outcome.error().in("the spool is damaged, and what can be read cannot be saved");
      opening.salvage = *std::move(outcome);
    }
    books = {};
    opening.lanes.clear();
    opening.sources.clear();
    auto store = Store::open(files.database(), options.sqlite_vfs, options.sync, books);
    Status ready;
    if (!store)
      ready = store.error();
    else if (ready = check_books(**store, books); ready)
      ready = enter_names(lanes, sources, **store, books, opening);
    if (ready) return store;
    if (damaged || !on_disk || ready.error().code != ErrorCode::corrupt)
      return ready.error().in(files.database().string());
    damaged = true;
  }
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const SpoolOptions& options, const std::vector<LaneSpec>& lanes,
                                           const std::vector<std::string>& sources, const Clock& clock, Health& health,
                                           Metrics& metrics, SpoolOpening& opening) {
  if (options.max_bytes < limits::kMaxBytesMin)
    return Error{ErrorCode::invalid, fmt::format("spool.max_bytes must be at least {} bytes", limits::kMaxBytesMin)};
  const SpoolFiles files{options.data_dir};
  auto lock = DirectoryLock::take(files);
  if (!lock) return lock.error();
  Books books;
  opening = {};
  std::error_code ignored;
  opening.created = !std::filesystem::exists(files.database(), ignored);
  auto store = open_store(options, files, lanes, sources, clock.wall(), books, opening);
  if (!store) return store.error();
  if (Status saved = save_names(files.names(), books); !saved) return saved.error();
  // A database whose name is not on the disk yet would be gone after a power cut, and its receipts with it.
  if (Status synced = sync_directory(files.dir); !synced) return synced.error();
  auto reader = Reader::open(files.database(), options.sqlite_vfs);
  if (!reader) return reader.error().in(files.database().string());
  return std::unique_ptr<Spool>(std::make_unique<SpoolEngine>(
      SpoolEngine::Parts{options, files, *std::move(lock), *std::move(store), *std::move(reader), std::move(books),
                         opening.internal, opening.salvage},
      clock, health, metrics));
}

}  // namespace tidegate
