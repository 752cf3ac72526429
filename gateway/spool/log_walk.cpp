#include "gateway/spool/log_walk.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/spool/database.h"
#include "gateway/spool/files.h"
#include "gateway/spool/record.h"
#include "gateway/spool/spool_limits.h"

namespace tidegate {

LogWalk::LogWalk(SQLite::Database& db)
    : heads_(db, fmt::format("SELECT {} FROM log WHERE first_seq >= coalesce((SELECT max(first_seq) FROM log "
                             "WHERE first_seq <= ?1), 0) ORDER BY first_seq",
                             kHeadColumns)),
      body_(db, fmt::format("SELECT {} FROM log WHERE first_seq = ?1", kBlockColumns)) {}

LogWalk::Step LogWalk::step(WallTime since, LogPage& page) {
  /// An open statement is a read transaction, also when a step ends with an exception.
  struct Reset {
    ~Reset() {
      walk.heads_.tryReset();
      walk.body_.tryReset();
    }
    LogWalk& walk;
  };
  const Reset reset{*this};
  Step step;
  heads_.bind(1, as_int(page.scanned_to.value + 1));
  find(since, page, step);
  return step;
}

void LogWalk::find(WallTime since, LogPage& page, Step& step) {
  for (std::size_t n = 0; n < limits::kReadHeadersMax; ++n) {
    if (!heads_.executeStep()) {
      page.at_end = true;
      return;
    }
    BlockHead head;
    read_head(heads_, head);
    // A damaged head may lie about its length: the next one then tells where it ended.
    if (head.count == 0 || head.count > limits::kBlockEventsMax) head.count = 1;
    if (head.last() <= page.scanned_to) continue;
    step.more = head.damaged || head.committed_at >= since;
    if (step.more) take(head, page, step);
    page.scanned_to = head.last();
    if (step.more) return;
  }
}

void LogWalk::take(const BlockHead& head, LogPage& page, Step& step) {
  const auto spoiled = [&] {
    step.damaged = head.first;
    page.unreadable += head.count;
  };
  body_.bind(1, as_int(head.first.value));
  if (head.damaged || !body_.executeStep() || !codec_.open(head.first, read_body(body_), raw_)) return spoiled();
  const std::size_t before = page.events.size();
  const std::uint64_t skipped = page.scanned_to < head.first ? 0 : page.scanned_to.value + 1 - head.first.value;
  RecordWalk walk(raw_);
  std::string_view record;
  for (std::uint64_t index = 0; walk.next(record); ++index) {
    if (index < skipped) continue;
    LoggedEvent& logged = page.events.emplace_back();
    logged.seq = Seq{head.first.value + index};
    logged.committed_at = head.committed_at;
    if (!get_record(record, logged.event, logged.source)) {
      page.events.resize(before);
      return spoiled();
    }
    step.bytes += payload_bytes(logged.event);
  }
  for (const LaneRuns& runs : head.lanes.lanes())
    for (const LaneRuns::Run& run : runs.runs)
      for (std::uint64_t index = std::max<std::uint64_t>(run.first, skipped); index < run.first + run.size; ++index)
        if (const std::size_t at = before + index - skipped; at < page.events.size())
          page.events[at].lanes.push_back(runs.lane);
  // A lane whose backfill added it stands behind those that were there first.
  for (std::size_t at = before; at < page.events.size(); ++at)
    std::sort(page.events[at].lanes.begin(), page.events[at].lanes.end());
}

struct LogScan::Parts {
  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> db;
  std::unique_ptr<LogWalk> walk;
  std::map<LaneId, std::string> lanes;
  std::map<SourceId, std::string> sources;
  std::string unknown;
  Seq at;
};

LogScan::LogScan(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LogScan::LogScan(LogScan&&) noexcept = default;
LogScan& LogScan::operator=(LogScan&&) noexcept = default;
LogScan::~LogScan() = default;

Result<LogScan> LogScan::open(const std::filesystem::path& data_dir) {
  const SpoolFiles files{data_dir};
  if (Status there = require_spool(files); !there) return there.error();
  auto parts = std::make_unique<Parts>();
  parts->file = files.database();
  const Status opened = guarded([&]() -> Status {
    parts->db = open_database(parts->file, "", OpenAs::reader, SyncMode::full);
    if (Status readable = check_readable(*parts->db); !readable) return readable;
    Books books;
    if (Status loaded = load_books(*parts->db, books); !loaded) return loaded;
    for (const auto& [id, lane] : books.lanes()) parts->lanes[id] = lane.name();
    for (const auto& [id, source] : books.sources()) parts->sources[id] = source.name;
    parts->walk = std::make_unique<LogWalk>(*parts->db);
    return {};
  });
  if (!opened) return opened.error().in(parts->file.string());
  return LogScan(std::move(parts));
}

Result<LogPage> LogScan::next(WallTime since, std::size_t bytes_max) {
  LogPage page;
  page.scanned_to = parts_->at;
  const Status done =
      guarded([&] { fill_page(page, bytes_max, [&](LogPage& into) { return parts_->walk->step(since, into); }); });
  if (!done) return done.error().in(parts_->file.string());
  parts_->at = page.scanned_to;
  return page;
}

void LogScan::rewind() { parts_->at = Seq{0}; }

const std::string& LogScan::lane_name(LaneId lane) const {
  const auto found = parts_->lanes.find(lane);
  return found == parts_->lanes.end() ? parts_->unknown : found->second;
}

const std::string& LogScan::source_name(SourceId source) const {
  const auto found = parts_->sources.find(source);
  return found == parts_->sources.end() ? parts_->unknown : found->second;
}

}  // namespace tidegate
