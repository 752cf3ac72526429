#include "gateway/spool/salvage.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "gateway/spool/commit.h"
#include "gateway/spool/database.h"
#include "gateway/spool/names.h"
#include "gateway/spool/reconcile.h"
#include "gateway/spool/salvage_rows.h"
#include "gateway/spool/store.h"
#include "gateway/spool/write_ahead_log.h"

namespace tidegate {

namespace {

namespace fs = std::filesystem;

bool there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// In the directory of the damaged files while their salvage is not finished.
constexpr const char* kUnfinished = "salvage-unfinished";
/// Where page 1 says how many pages there are, and after that where the free ones are. *Source*:
/// sqlite.org/fileformat2.html, 1.3.
constexpr std::size_t kPageCountAt = 28;

Error io_failure(const fs::path& path, const std::error_code& failure) {
  return {failure == std::errc::no_space_on_device ? ErrorCode::full : ErrorCode::io,
          fmt::format("cannot set the damaged spool aside ({}): {}", path.string(), failure.message())};
}

/// Puts a sound first page in front of a database whose own is damaged, so that its tables can be found again: their
/// roots are where every new spool has them. The damaged page is kept beside it.
void replace_first_page(const fs::path& damaged, const fs::path& sound) {
  std::array<char, kPageBytes> page{};
  std::ifstream(sound, std::ios::binary).read(page.data(), page.size());
  std::error_code failure;
  const std::uint64_t size = fs::file_size(damaged, failure);
  if (failure) return;
  {
    std::array<char, kPageBytes> old{};
    std::ifstream in(damaged, std::ios::binary);
    in.read(old.data(), old.size());
    std::ofstream(damaged.string() + ".page1", std::ios::binary).write(old.data(), in.gcount());
  }
  const std::uint64_t pages = std::max<std::uint64_t>(1, size / kPageBytes);
  for (std::size_t i = 0; i < 4; ++i) page[kPageCountAt + i] = static_cast<char>(pages >> (24 - 8 * i));
  // The head of the list of free pages is lost. One page, but no list: nobody takes that for all of it.
  for (std::size_t i = 4; i < 12; ++i) page[kPageCountAt + i] = 0;
  page[kPageCountAt + 11] = 1;
  std::fstream(damaged, std::ios::binary | std::ios::in | std::ios::out).write(page.data(), page.size());
}

/// Opens the damaged database for reading; null when not even its first page could be replaced.
std::unique_ptr<SQLite::Database> open_damaged(const fs::path& file, const fs::path& sound) {
  for (const bool repaired : {false, true}) {
    if (repaired) replace_first_page(file, sound);
    std::unique_ptr<SQLite::Database> db;
    const Status opened = guarded([&] {
      // Prepared only: that the tables are known by name is all that is asked for here.
      db = open_database(file, "", OpenAs::reader, SyncMode::full);
      const SQLite::Statement log(*db, "SELECT first_seq FROM log");
      const SQLite::Statement lanes(*db, "SELECT id FROM lanes");
    });
    if (opened) return db;
  }
  return nullptr;
}

/// Gives a row to every lane and source that lost its own.
Status enter_lost_names(const fs::path& database, const fs::path& names) {
  Books books;
  auto store = Store::open(database, "", SyncMode::full, books);
  if (!store) return store.error();
  Books named = books;
  add_missing_names(names, named);
  (*store)->begin();
  for (const auto& [id, count] : count_log(**store, named)) {
    if (named.lane(id) != nullptr) continue;
    // Neither its row nor its name could be read: its events stay, as a lane that the config does not know.
    LaneBook lane;
    lane.id = id;
    lane.route = "unknown";
    lane.sink = fmt::format("lane-{}", id.value);
    named.add(std::move(lane));
  }
  for (const auto& [id, lane] : named.lanes())
    if (books.lane(id) == nullptr) (*store)->add_lane(lane);
  for (const auto& [id, source] : named.sources())
    if (!books.sources().contains(id)) (*store)->add_source(source);
  return (*store)->commit();
}

/// Makes the books agree with what was saved, and says what that cost each lane.
Status settle_books(const fs::path& database, Seq log_last, SpoolOpening::Salvage& outcome) {
  Books books;
  auto store = Store::open(database, "", SyncMode::full, books);
  if (!store) return store.error();
  std::map<LaneId, std::uint64_t> lost_before;
  for (const auto& [id, lane] : books.lanes()) lost_before[id] = lane.lost;
  BlockCodec codec;
  // Booked at the time of the latest commit: nothing of this is new.
  Commit commit(**store, books, codec, {milliseconds::max() / 2, books.spool.wall, books.spool.age, {}, false});
  const auto letters_lost = commit.reconcile_after_salvage(log_last);
  // The number of commits tells whether a commit in doubt is in here: this one must not count.
  --books.spool.commits;
  commit.finish();
  if (Status committed = (*store)->commit(); !committed) return committed;
  for (const auto& [id, lane] : books.lanes()) {
    const auto letters = letters_lost.find(id);
    const std::uint64_t lost = lane.lost - lost_before[id] + (letters == letters_lost.end() ? 0 : letters->second);
    if (lost > 0) outcome.lost_by_lane[lane.name()] = lost;
  }
  return (*store)->checkpoint_all();
}

/// Builds spool.salvage.db out of the files in `aside`, then gives it its place.
Result<SpoolOpening::Salvage> rebuild(const SpoolFiles& files, const fs::path& aside) {
  SpoolOpening::Salvage outcome;
  outcome.set_aside = aside;
  std::error_code failure;
  for (const char* const suffix : {"", "-wal", "-shm"}) fs::remove(files.salvage().string() + suffix, failure);
  // A reserve that was kept for bad days: this is one.
  fs::remove(files.reserve(), failure);
  Books none;
  auto fresh = Store::open(files.salvage(), "", SyncMode::normal, none);
  if (!fresh) return fresh.error();
  if (Status written = (*fresh)->checkpoint_all(); !written) return written.error();
  fresh->reset();
  const fs::path damaged = aside / files.database().filename();
  if (Status mended = mend_log(damaged.string() + "-wal"); !mended) return mended.error();
  SavedRows saved;
  const Status copied = guarded([&]() -> Status {
    const auto from = open_damaged(damaged, files.salvage());
    const auto to = open_database(files.salvage(), "", OpenAs::writer, SyncMode::normal);
    return save_rows(from.get(), damaged, *to, saved);
  });
  if (!copied) return copied.error();
  outcome.events_saved = saved.events;
  if (Status entered = enter_lost_names(files.salvage(), files.names()); !entered) return entered.error();
  if (Status settled = settle_books(files.salvage(), saved.last, outcome); !settled) return settled.error();
  fs::rename(files.salvage(), files.database(), failure);
  if (failure) return io_failure(files.database(), failure);
  if (Status synced = sync_directory(files.dir); !synced) return synced.error();
  fs::remove(aside / kUnfinished, failure);
  return outcome;
}

}  // namespace

Result<SpoolOpening::Salvage> salvage(const SpoolFiles& files, WallTime now) {
  const std::string stem =
      fmt::format("damaged-{:%Y%m%dT%H%M%SZ}", std::chrono::time_point_cast<std::chrono::seconds>(now));
  fs::path aside = files.dir / stem;
  for (int n = 2; there(aside); ++n) aside = files.dir / fmt::format("{}-{}", stem, n);
  std::error_code failure;
  fs::create_directory(aside, failure);
  if (failure) return io_failure(aside, failure);
  // From here on, whatever happens, the next start knows that the files in there are still to be read.
  std::ofstream(aside / kUnfinished) << "tidegate has not finished saving what can be read of these files\n";
  for (const char* const suffix : {"-wal", ""}) {
    const fs::path file = files.database().string() + suffix;
    if (!there(file)) continue;
    fs::rename(file, aside / file.filename(), failure);
    if (failure) return io_failure(file, failure);
  }
  fs::remove(files.database().string() + "-shm", failure);
  if (Status synced = sync_directory(aside); !synced) return synced.error();
  if (Status synced = sync_directory(files.dir); !synced) return synced.error();
  return rebuild(files, aside);
}

Result<std::optional<SpoolOpening::Salvage>> resume_salvage(const SpoolFiles& files) {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(files.dir, failure)) {
    const fs::path& aside = entry.path();
    if (!there(aside / kUnfinished)) continue;
    const fs::path database = files.database();
    if (there(database) && there(aside / database.filename())) {
      // Only the mark was left to remove. It must go, or the next start would put the old events back.
      if (!fs::remove(aside / kUnfinished, failure)) return io_failure(aside / kUnfinished, failure);
      continue;
    }
    // Each file is renamed once: what has not left the data directory yet still has to.
    for (const char* const suffix : {"-wal", ""}) {
      const fs::path file = files.database().string() + suffix;
      if (there(file) && !there(aside / file.filename())) fs::rename(file, aside / file.filename(), failure);
      if (failure) return io_failure(file, failure);
    }
    auto outcome = rebuild(files, aside);
    if (!outcome) return outcome.error();
    return std::optional(*std::move(outcome));
  }
  return std::optional<SpoolOpening::Salvage>{};
}

}  // namespace tidegate
