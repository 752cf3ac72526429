#include <algorithm>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/spool/committer.h"
#include "gateway/spool/spool_limits.h"

/// One attempt of the committer: what goes into the transaction, whether there is room for it, and the answers.
namespace tidegate {

bool Committer::attempt() {
  if (!store_) {
    reopen();
    if (!store_) return false;
  }
  sweep_at_ = clock_.steady() + limits::kRetentionInterval;
  Plan plan;
  Commit commit(*store_, books_, codec_, {options_.retain, clock_.wall(), age(), adopt_, true});
  // Before the settlements: what is found lost can no longer be settled.
  for (const Seq first : waiting_.damaged) commit.set_block_aside(first);
  plan.damaged = waiting_.damaged.size();
  for (const PendingSettlement& pending : waiting_.settlements) plan.settlements.push_back(commit.settle(pending));
  for (const DeadChange& change : waiting_.dead_changes)
    plan.dead_changes.push_back(change.retry ? commit.retry_dead(change.numbers) : commit.drop_dead(change.numbers));
  for (const LaneDecision& decision : waiting_.lane_changes)
    plan.lane_changes.push_back(commit.decide(decision.change));
  plan_appends(commit, plan);
  plan_leaving(commit, plan);
  commit.finish();
  plan.number = books_.spool.commits;
  plan.effects = std::move(commit.effects());
  if (const Status committed = store_->commit(); !committed) {
    const bool settle_alone =
        committed.error().code == ErrorCode::full && !plan.appends.empty() &&
        !(waiting_.settlements.empty() && waiting_.dead_changes.empty() && waiting_.lane_changes.empty());
    fail(std::move(plan), committed.error());
    return settle_alone && attempt();
  }
  finish(std::move(plan));
  return true;
}

void Committer::plan_appends(Commit& commit, Plan& plan) {
  const bool backing_off = disk_full_ && clock_.steady() < retry_at_;
  const bool refusing = options_.when_full == WhenFull::drop_newest;
  const bool evicting = options_.when_full == WhenFull::drop_oldest;
  if (backing_off && (!refusing || waiting_.appends.empty())) return;
  std::uint64_t emitted = 0;
  for (const PendingSettlement& pending : waiting_.settlements) emitted += pending.emitted.records.size();
  std::uint64_t bytes = 0;
  std::uint64_t yielding = 0;
  std::size_t events = 0;
  std::size_t n = 0;
  for (const PendingAppend& pending : waiting_.appends) {
    events += pending.lane_counts.size();
    if (n > 0 && (bytes + yielding + pending.bytes > commit_bytes_max_ || events > limits::kCommitEventsMax)) break;
    (pending.yields ? yielding : bytes) += pending.bytes;
    ++n;
  }
  const std::uint64_t need = emitted + bytes + limits::kCommitOverheadBytes;
  plan.disk_has_room = !backing_off && find_disk(commit, need);
  if (n == 0) return;
  const bool spare = yielding > 0 && plan.disk_has_room && may_grow_ && make_room(commit, need + yielding, false);
  const bool room = spare || (plan.disk_has_room && make_room(commit, need, evicting && bytes > 0));
  full_ = !room && plan.disk_has_room;
  if (!room && !refusing) return;
  for (std::size_t i = 0; i < n; ++i) {
    const PendingAppend& pending = waiting_.appends[i];
    if (pending.yields && !spare) {
      plan.appends.push_back(Admission::refused_full);
    } else {
      plan.appends.push_back(room ? commit.append(pending) : commit.refuse(pending));
    }
  }
}

void Committer::plan_leaving(Commit& commit, const Plan& plan) {
  orphans_leave_ = false;
  for (const auto& [id, lane] : books_.lanes()) {
    if (lane.leaving == Orphan::Leaving::no) continue;
    const bool adopted = lane.leaving == Orphan::Leaving::adopted;
    if (adopted && !plan.disk_has_room) continue;
    // No event goes before its time for this; what the step itself frees is room enough.
    const bool may_grow = adopted && commit.make_room(false, [&] {
      return store_->failed() || used_bytes() + 2 * limits::kLeaveBytesPerCommit <= options_.max_bytes;
    });
    orphans_leave_ = commit.leave_step(id, may_grow) || orphans_leave_;
  }
}

bool Committer::make_room(Commit& commit, std::uint64_t need, bool evicting) {
  const std::uint64_t limit = full_ ? options_.max_bytes * limits::kResumePercent / 100 : options_.max_bytes;
  // Twice: a commit is in the write-ahead log before it is in the database.
  return commit.make_room(evicting, [&] { return store_->failed() || used_bytes() + 2 * need <= limit; });
}

bool Committer::find_disk(Commit& commit, std::uint64_t need) {
  if (!may_grow_) {
    reserve_.take();
    may_grow_ = reserve_.held() > 0;
  }
  if (may_grow_) return true;
  // The disk was full, and what the reserve gave back belongs to the settlements. Events may only take the free pages
  // inside the file, of which settlements make more; some at once, lest intake stop and go with every commit.
  const std::uint64_t wanted = std::max(2 * need, disk_full_ ? reserve_.bytes() / 2 : 0);
  const auto enough = [&] {
    const Store::Space space = store_->space();
    return store_->failed() || space.file - space.used >= wanted;
  };
  if (commit.make_room(options_.when_full == WhenFull::drop_oldest, enough)) return true;
  disk_full_ = true;
  if (trouble_.empty()) trouble_ = "the disk is full";
  backoff_ = std::clamp(2 * backoff_, limits::kRetryInitial, limits::kRetryMax);
  retry_at_ = clock_.steady() + backoff_;
  return false;
}

std::uint64_t Committer::commit_bytes_full() const {
  return std::min<std::uint64_t>(limits::kCommitBytesMax, options_.max_bytes / limits::kCommitShare);
}

std::uint64_t Committer::used_bytes() const {
  const Store::Space space = store_->space();
  return space.used + std::max(space.log, limits::kLogSlack * log_due_bytes_) + reserve_.held();
}

void Committer::finish(Plan plan) {
  if (plan.effects.lost_events > 0)
    log_.error("a damaged block was set aside in the table `damaged`: {} events are lost", plan.effects.lost_events);
  if (plan.effects.evicted_events > 0)
    log_.warn("the spool is full: {} events were evicted ({})", plan.effects.evicted_events,
              options_.when_full == WhenFull::drop_oldest ? "drop_oldest" : "drop_newest");
  more_to_sweep_ = plan.effects.more_to_sweep;
  const Store::Space before = std::exchange(space_, store_->space());
  // What a commit removes makes room for the appends of the next one.
  room_freed_ = space_.used < before.used;
  if (!disk_full_ || plan.disk_has_room) {
    trouble_.clear();
    disk_full_ = false;
    commit_bytes_max_ = std::min(commit_bytes_full(), 2 * commit_bytes_max_);
    backoff_ = {};
  } else if (room_freed_) {
    retry_at_ = clock_.steady();
  }
  observer_.on_commit(books_, plan.effects, {space_.used, space_.file + reserve_.held(), space_.log});
  answer(plan);
  if (const Status copied = store_->checkpoint_if_due(log_due_bytes_); !copied) fail({}, copied.error());
  post_state();
  update_pressure();
}

void Committer::answer(Plan& plan) {
  std::size_t bytes = 0;
  for (const Admission admission : plan.appends) {
    PendingAppend pending = std::move(waiting_.appends.front());
    waiting_.appends.pop_front();
    bytes += pending.bytes;
    if (pending.receipt) pending.receipt(admission);
  }
  queued_bytes_ -= bytes;
  for (const Status& status : plan.settlements) {
    PendingSettlement pending = std::move(waiting_.settlements.front());
    waiting_.settlements.pop_front();
    if (pending.done) pending.done(status);
  }
  for (const std::uint64_t n : plan.dead_changes) {
    waiting_.dead_changes.front().answer.set_value(n);
    waiting_.dead_changes.pop_front();
  }
  for (Result<std::uint64_t>& decided : plan.lane_changes) {
    waiting_.lane_changes.front().answer.set_value(std::move(decided));
    waiting_.lane_changes.pop_front();
  }
  waiting_.damaged.erase(waiting_.damaged.begin(),
                         waiting_.damaged.begin() + static_cast<std::ptrdiff_t>(plan.damaged));
}

}  // namespace tidegate
