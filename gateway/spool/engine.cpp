#include "gateway/spool/engine.h"

#include <fmt/format.h>

#include "gateway/spool/record.h"
#include "gateway/spool/spool_limits.h"

namespace tidegate {

namespace {

/// A quarter of max_bytes: a submission beyond it could keep the spool from ever taking it.
constexpr std::uint64_t kSubmissionShare = 4;

}  // namespace

SpoolEngine::SpoolEngine(Parts parts, const Clock& clock, Health& health, Metrics& metrics)
    : options_(parts.options),
      internal_(parts.internal),
      lock_(std::move(parts.lock)),
      health_(health),
      metrics_(metrics),
      reader_(std::move(parts.reader)),
      bytes_gauge_(metrics.gauge("tidegate_spool_bytes", "Disk in use by the spool")),
      commits_counter_(metrics.counter("tidegate_spool_commits_total", "Commits since the process started")),
      commit_events_counter_(
          metrics.counter("tidegate_spool_events_total", "Events committed since the process started")) {
  const Store::Space space = parts.store->space();
  {
    const MutexLock lock(picture_mutex_);
    picture_.bytes_max = options_.max_bytes;
    picture_.bytes_used = space.used + space.log;
    picture_.last = parts.books.spool.last;
    picture_.commits = parts.books.spool.commits;
    for (const auto& [id, lane] : parts.books.lanes()) {
      spots_.emplace(id, std::make_unique<ReadSpot>());
      lane_states_[id] = LaneState{id, lane.route, lane.sink, lane.configured, {}, {}};
      picture_lane(lane, parts.books);
    }
    for (const auto& [id, source] : parts.books.sources()) picture_source(source);
  }
  if (parts.salvage) note_damage(*parts.salvage);
  committer_ = std::make_unique<Committer>(Committer::Setup{
      options_, std::move(parts.files), clock, *this, std::move(parts.store), std::move(parts.books), internal_.adopt});
}

SpoolEngine::~SpoolEngine() { SpoolEngine::stop(); }

void SpoolEngine::start(UniqueFunction<void(bool)> pressure) { committer_->start(std::move(pressure)); }
void SpoolEngine::stop() { committer_->stop(); }

void SpoolEngine::append(SpoolSubmission submission, Receipt receipt) {
  committer_->append(make_pending(std::move(submission), std::move(receipt), options_.max_bytes / kSubmissionShare));
}

void SpoolEngine::settle(Settlement settlement, UniqueFunction<void(Status)> done) {
  committer_->settle(make_pending(std::move(settlement), internal_.window, std::move(done)));
}

Result<LaneRead> SpoolEngine::read(LaneId lane, Seq from, std::size_t events_max, std::size_t bytes_max) {
  const auto at = spots_.find(lane);
  if (at == spots_.end()) return Error{ErrorCode::not_found, "the spool knows no such lane"};
  ReadSpot& spot = *at->second;
  const MutexLock lock(spot.mutex);
  LaneRead out;
  out.deferred_returned = spot.revived.exchange(false);
  out.scanned_to = from;
  std::size_t bytes = 0;
  for (std::size_t blocks = 0; blocks < limits::kReadHeadersMax && out.events.size() < events_max; ++blocks) {
    BlockFetch& block = spot.block;
    const bool inside = block.found == BlockFetch::Found::block && block.first.value <= out.scanned_to.value + 1 &&
                        out.scanned_to.value + 1 < block.first.value + block.count;
    if (!inside) {
      if (const Status fetched = reader_->next_block(lane, out.scanned_to, block); !fetched) {
        block = {};
        const ErrorCode code = fetched.error().code;
        if (code != ErrorCode::corrupt && code != ErrorCode::unavailable) {
          if (out.deferred_returned) spot.revived = true;
          return fetched.error();
        }
        // The lane hears of new events when the spool has been rebuilt; until then there is nothing to read.
        if (code == ErrorCode::corrupt) committer_->report_corruption();
        out.at_end = true;
        return out;
      }
      spot.next_index = 0;
      spot.offset = 0;
    }
    if (block.found == BlockFetch::Found::nothing) {
      out.scanned_to = block.scanned_to;
      out.at_end = block.at_end;
      // A lane that waits for events need not hold the block that it has done with.
      if (block.at_end) std::string().swap(block.raw);
      return out;
    }
    if (block.found == BlockFetch::Found::damaged) {
      committer_->report_damage(block.first);
      out.scanned_to = std::max(out.scanned_to, Seq{block.first.value + block.count - 1});
      continue;
    }
    if (!take_events(spot, out, events_max, bytes_max, bytes)) break;
  }
  return out;
}

bool SpoolEngine::take_events(ReadSpot& spot, LaneRead& out, std::size_t events_max, std::size_t bytes_max,
                              std::size_t& bytes) {
  const std::uint64_t first = spot.block.first.value;
  const std::uint64_t wanted = out.scanned_to.value + 1 < first ? 0 : out.scanned_to.value + 1 - first;
  if (wanted < spot.next_index) spot.next_index = 0, spot.offset = 0;
  RecordWalk walk(spot.block.raw, spot.offset);
  std::string_view record;
  for (const LaneRuns::Run& run : spot.block.runs.runs) {
    const std::uint32_t end = run.first + run.size;
    if (end <= wanted) continue;
    for (auto index = std::max(run.first, static_cast<std::uint32_t>(wanted)); index < end; ++index) {
      if (out.events.size() == events_max) return false;
      while (spot.next_index <= index) {
        spot.offset = walk.position();
        if (!walk.next(record)) break;
        ++spot.next_index;
      }
      StoredEvent stored{Seq{first + index}, {}, {}};
      if (walk.damaged() || !get_record(record, stored.event, stored.source)) {
        // The checksum held, so these bytes were written: let the books say that they are lost.
        committer_->report_damage(spot.block.first);
        out.scanned_to = Seq{first + spot.block.count - 1};
        return true;
      }
      const std::size_t size = payload_bytes(stored.event);
      if (!out.events.empty() && bytes + size > bytes_max) {
        spot.next_index = index;
        return false;
      }
      spot.offset = walk.position();
      bytes += size;
      out.scanned_to = stored.seq;
      out.events.push_back(std::move(stored));
    }
  }
  out.scanned_to = Seq{first + spot.block.count - 1};
  return true;
}

Result<std::vector<Deferred>> SpoolEngine::read_deferred(LaneId lane) { return reader_->deferred(lane); }

LaneState SpoolEngine::lane_state(LaneId lane) const {
  const MutexLock lock(picture_mutex_);
  const auto at = lane_states_.find(lane);
  return at == lane_states_.end() ? LaneState{} : at->second;
}

void SpoolEngine::watch(LaneId lane, UniqueFunction<void(Seq)> committed) {
  const MutexLock lock(watch_mutex_);
  watches_[lane] = std::move(committed);
}

std::vector<std::pair<std::string, std::string>> SpoolEngine::source_state(SourceId source, const std::string& prefix) {
  std::uint64_t damaged = 0;
  auto state = reader_->state(StateOf::source, source.value, prefix, damaged);
  if (!state)
    log_.error("what a source remembered cannot be read, redeliveries may be stored twice: {}", state.error().message);
  else if (damaged > 0)
    log_.error("{} rows of what a source remembered are damaged, redeliveries may be stored twice", damaged);
  return state ? *std::move(state) : StateRows{};
}

Result<std::vector<std::pair<std::string, std::string>>> SpoolEngine::lane_state_rows(LaneId lane) {
  std::uint64_t damaged = 0;
  auto state = reader_->state(StateOf::lane, lane.value, "", damaged);
  if (damaged > 0)
    log_.error("{} rows of what lane {} remembered are damaged: its reduction begins anew for their keys", damaged,
               lane.value);
  // The empty key is the spool's own.
  if (state && !state->empty() && state->front().first.empty()) state->erase(state->begin());
  return state;
}

Result<LogPage> SpoolEngine::scan(Seq from, WallTime since, std::size_t bytes_max) {
  LogPage page;
  page.scanned_to = from;
  Status done;
  fill_page(page, bytes_max, [&](LogPage& into) {
    LogWalk::Step step;
    done = reader_->step(since, into, step);
    if (step.damaged) committer_->report_damage(*step.damaged);
    return step;
  });
  if (done) return page;
  if (done.error().code == ErrorCode::corrupt) committer_->report_corruption();
  return done.error();
}

SpoolSnapshot SpoolEngine::snapshot() const {
  const MutexLock lock(picture_mutex_);
  return picture_;
}

Result<std::vector<DeadLetter>> SpoolEngine::dead_letters(const DeadQuery& query) {
  return reader_->dead_letters(query);
}
Result<std::uint64_t> SpoolEngine::retry_dead(const std::vector<std::uint64_t>& numbers) {
  return committer_->change_dead(true, numbers);
}
Result<std::uint64_t> SpoolEngine::drop_lane(const std::string& route, const std::string& sink) {
  return committer_->change_lane({route, sink, {}, {}});
}
Result<std::uint64_t> SpoolEngine::adopt_lane(const std::string& route, const std::string& sink,
                                              const std::string& to_route, const std::string& to_sink) {
  return committer_->change_lane({route, sink, to_route, to_sink});
}
Result<std::uint64_t> SpoolEngine::drop_dead(const std::vector<std::uint64_t>& numbers) {
  return committer_->change_dead(false, numbers);
}

}  // namespace tidegate
