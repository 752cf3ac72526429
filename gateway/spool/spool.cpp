#include "gateway/spool/spool.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/limits.h"
#include "gateway/spool/database.h"
#include "gateway/spool/engine.h"
#include "gateway/spool/files.h"
#include "gateway/spool/reader.h"
#include "gateway/spool/spool_limits.h"
#include "gateway/spool/store.h"

namespace tidegate {

namespace {

LaneId lane_for(const LaneSpec& spec, Store& store, Books& books) {
  std::uint32_t free = 1;
  for (const auto& [id, lane] : books.lanes()) {
    if (lane.route == spec.route && lane.sink == spec.sink) {
      books.edit(id)->configured = true;
      return id;
    }
    free = std::max(free, id.value + 1);
  }
  LaneBook lane;
  lane.id = LaneId{free};
  lane.route = spec.route;
  lane.sink = spec.sink;
  lane.configured = true;
  lane.cursor = books.spool.last;
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

/// Finds or makes the rows of what the config names.
Status enter_names(const std::vector<LaneSpec>& lanes, const std::vector<std::string>& sources, Store& store,
                   Books& books, SpoolOpening& opening) {
  store.begin();
  books.begin();
  for (const LaneSpec& spec : lanes) opening.lanes.push_back(lane_for(spec, store, books));
  for (const std::string& name : sources) opening.sources.push_back(source_for(name, store, books));
  return store.commit();
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
  auto store = Store::open(files.database(), options.sqlite_vfs, options.sync, books);
  if (!store) return store.error().in(files.database().string());
  if (Status entered = enter_names(lanes, sources, **store, books, opening); !entered)
    return entered.error().in(files.database().string());
  if (Status synced = sync_directory(files.dir); !synced) return synced.error();
  auto reader = Reader::open(files.database(), options.sqlite_vfs);
  if (!reader) return reader.error().in(files.database().string());
  return std::unique_ptr<Spool>(std::make_unique<SpoolEngine>(
      SpoolEngine::Parts{options, files, *std::move(lock), *std::move(store), *std::move(reader), std::move(books)},
      clock, health, metrics));
}

}  // namespace tidegate
