#include "gateway/spool/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/spool/salvage.h"
#include "gateway/spool/spool_limits.h"

namespace tidegate {

namespace {

template <class T>
void append_all(std::deque<T>& to, std::deque<T>& from) {
  if (to.empty()) {
    to.swap(from);
    return;
  }
  for (T& item : from) to.push_back(std::move(item));
  from.clear();
}

}  // namespace

Committer::Committer(Setup setup)
    : options_(std::move(setup.options)),
      files_(std::move(setup.files)),
      clock_(setup.clock),
      adopt_(setup.adopt),
      observer_(setup.observer),
      store_(std::move(setup.store)),
      books_(std::move(setup.books)),
      opened_at_(clock_.steady()),
      log_due_bytes_(std::min(limits::kWalCheckpointBytes, options_.max_bytes / limits::kLogShare)),
      commit_bytes_max_(commit_bytes_full()),
      reserve_(files_.reserve(), log_due_bytes_ + commit_bytes_full() +
                                     std::min(limits::kReserveBytes, options_.max_bytes / limits::kReserveShare)) {
  // While the gateway was off only the wall clock went on, and it may have been set: count a bounded part of it.
  const milliseconds off = clock_.wall() - books_.spool.wall;
  age_at_open_ = books_.spool.age + std::clamp(off, milliseconds{0}, limits::kOffTimeCountedMax);
  sweep_at_ = opened_at_;
  store_->limit_log(limits::kLogSlack * log_due_bytes_);
  reserve_.take();
  space_ = store_->space();
}

Committer::~Committer() { stop(); }

void Committer::start(UniqueFunction<void(bool)> pressure) {
  {
    const MutexLock lock(pressure_mutex_);
    pressure_ = std::move(pressure);
  }
  update_pressure();
  post_state();
  thread_ = std::thread([this] { run(); });
}

void Committer::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) {
    thread_.join();
  } else {
    drain();
  }
}

void Committer::append(PendingAppend pending) {
  Receipt refused;
  bool high = false;
  {
    const MutexLock lock(mutex_);
    if (stopped_) {
      refused = std::move(pending.receipt);
    } else {
      high = (queued_bytes_ += pending.bytes) > limits::kUncommittedBytesHigh;
      incoming_.appends.push_back(std::move(pending));
      wake_.notify_one();
    }
  }
  if (refused) refused(Admission::stopping);
  if (high && !pressed_) update_pressure();
}

void Committer::settle(PendingSettlement pending) {
  {
    const MutexLock lock(mutex_);
    if (!stopped_) {
      incoming_.settlements.push_back(std::move(pending));
      wake_.notify_one();
      return;
    }
  }
  if (pending.done) pending.done(Error{ErrorCode::stopping, "the spool is closed"});
}

Result<std::uint64_t> Committer::change_dead(bool retry, const std::vector<std::uint64_t>& numbers) {
  std::future<Result<std::uint64_t>> answer;
  {
    const MutexLock lock(mutex_);
    if (stopped_) return Error{ErrorCode::stopping, "the spool is closed"};
    DeadChange& change = incoming_.dead_changes.emplace_back();
    change.retry = retry;
    change.numbers = numbers;
    answer = change.answer.get_future();
    wake_.notify_one();
  }
  return answer.get();
}

Result<std::uint64_t> Committer::change_lane(LaneChange change) {
  std::future<Result<std::uint64_t>> answer;
  {
    const MutexLock lock(mutex_);
    if (stopped_) return Error{ErrorCode::stopping, "the spool is closed"};
    LaneDecision& decision = incoming_.lane_changes.emplace_back();
    decision.change = std::move(change);
    answer = decision.answer.get_future();
    wake_.notify_one();
  }
  return answer.get();
}

void Committer::report_damage(Seq first) {
  const MutexLock lock(mutex_);
  incoming_.damaged.push_back(first);
  wake_.notify_one();
}

void Committer::report_corruption() {
  const MutexLock lock(mutex_);
  corruption_seen_ = true;
  wake_.notify_one();
}

void Committer::run() {
  while (wait_for_work()) attempt();
  drain();
}

bool Committer::wait_for_work() {
  MutexLock lock(mutex_);
  while (true) {
    // A disk that is full may still have room for what frees it.
    const bool settling = !incoming_.settlements.empty() && disk_full_;
    append_all(waiting_.appends, incoming_.appends);
    append_all(waiting_.settlements, incoming_.settlements);
    append_all(waiting_.dead_changes, incoming_.dead_changes);
    append_all(waiting_.lane_changes, incoming_.lane_changes);
    append_all(waiting_.damaged, incoming_.damaged);
    if (std::exchange(corruption_seen_, false) && store_) {
      corrupt_ = true;
      store_.reset();
    }
    if (stopping_) return false;
    if (settling || due()) return true;
    const SteadyTime now = clock_.steady();
    const SteadyTime until = trouble_.empty() ? now + limits::kRetentionInterval : std::max(retry_at_, now);
    // The condition is judged by clock_; the wait itself, which decides nothing, by the machine's clock.
    wake_.wait_until(lock, std::chrono::steady_clock::now() + (until - now));
  }
}

bool Committer::due() const {
  const SteadyTime now = clock_.steady();
  if (!trouble_.empty()) return now >= retry_at_;
  if (corrupt_) return true;
  if (!waiting_.settlements.empty() || !waiting_.dead_changes.empty() || !waiting_.lane_changes.empty() ||
      !waiting_.damaged.empty())
    return true;
  const bool held_back = full_ && !room_freed_ && options_.when_full == WhenFull::pause;
  if (!waiting_.appends.empty() && !held_back) return true;
  return more_to_sweep_ || orphans_leave_ || (options_.retain.count() > 0 && now >= sweep_at_);
}

void Committer::fail(Plan plan, const Error& error) {
  if (plan.number != 0) books_.rollback();
  if (trouble_ != error.message) log_.error("cannot commit, will try again: {}", error.message);
  trouble_ = error.message;
  backoff_ = std::clamp(2 * backoff_, limits::kRetryInitial, limits::kRetryMax);
  retry_at_ = clock_.steady() + backoff_;
  if (error.code == ErrorCode::full) {
    disk_full_ = true;
    may_grow_ = false;
    // A smaller commit may still fit.
    commit_bytes_max_ = std::max(limits::kCommitBytesMin, commit_bytes_max_ / 2);
    reserve_.release();
    // The write-ahead log holds what the failed commit wrote; copied into the database, it is given back whole.
    if (store_) std::ignore = store_->checkpoint_all();
  } else if (error.code != ErrorCode::unavailable) {
    // After a failed write or sync the kernel may have marked pages as clean that never reached the disk: a later
    // sync that succeeds would prove nothing about them. Trust nothing of this connection; open the files again and
    // look at what they say. (What is committed next is written again in full, pages that failed included.)
    if (plan.number != 0) doubtful_ = std::move(plan);
    corrupt_ = error.code == ErrorCode::corrupt;
    store_.reset();
  }
  post_state();
  update_pressure();
}

Status Committer::rebuild() {
  log_.error("the database is damaged: what can be read is moved to a new one");
  observer_.before_rebuild();
  auto outcome = salvage(files_, clock_.wall());
  if (!outcome) return outcome.error();
  observer_.after_rebuild(*outcome);
  corrupt_ = false;
  return {};
}

void Committer::reopen() {
  const bool rebuilding = corrupt_ && options_.sqlite_vfs.empty();
  if (rebuilding) {
    if (const Status rebuilt = rebuild(); !rebuilt) {
      fail({}, rebuilt.error());
      corrupt_ = true;
      return;
    }
  }
  Books fresh;
  auto store = Store::open(files_.database(), options_.sqlite_vfs, options_.sync, fresh);
  if (!store) {
    fail({}, store.error());
    return;
  }
  take_store(*std::move(store), std::move(fresh));
  if (rebuilding) announce_rebuilt();
  if (!doubtful_) return;
  if (books_.spool.commits != doubtful_->number) {
    doubtful_.reset();
    return;
  }
  // The commit whose sync failed is in the files all the same, but perhaps only in memory: it counts as durable once
  // its pages were copied into the database and that was synced.
  if (const Status copied = store_->checkpoint_all(); !copied) {
    store_.reset();
    fail({}, copied.error());
    return;
  }
  books_.begin();
  for (const auto& [id, lane] : books_.lanes()) books_.edit(id);
  for (const auto& [id, source] : books_.sources()) books_.edit(id);
  finish(*std::exchange(doubtful_, std::nullopt));
}

void Committer::announce_rebuilt() {
  CommitEffects effects;
  books_.begin();
  for (const auto& [id, lane] : books_.lanes()) {
    // What a lane has in its hands may be among what was lost.
    books_.edit(id)->fence = books_.spool.last;
    effects.brought.insert(id);
  }
  observer_.on_commit(books_, effects, store_->space());
}

void Committer::take_store(std::unique_ptr<Store> store, Books books) {
  for (const auto& [id, lane] : books_.lanes())
    if (LaneBook* const again = books.edit(id); again != nullptr) {
      again->configured = lane.configured;
      again->fence = lane.fence;
    }
  store_ = std::move(store);
  store_->limit_log(limits::kLogSlack * log_due_bytes_);
  books_ = std::move(books);
  more_to_sweep_ = true;
  orphans_leave_ = true;
}

void Committer::drain() {
  {
    const MutexLock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    append_all(waiting_.appends, incoming_.appends);
    append_all(waiting_.settlements, incoming_.settlements);
    append_all(waiting_.dead_changes, incoming_.dead_changes);
    append_all(waiting_.lane_changes, incoming_.lane_changes);
  }
  while (!waiting_.empty()) {
    const std::size_t appends = waiting_.appends.size();
    const std::size_t settlements = waiting_.settlements.size();
    if (!attempt() || (waiting_.appends.size() == appends && waiting_.settlements.size() == settlements)) break;
  }
  for (PendingAppend& pending : waiting_.appends)
    if (pending.receipt) pending.receipt(Admission::stopping);
  for (PendingSettlement& pending : waiting_.settlements)
    if (pending.done) pending.done(Error{ErrorCode::stopping, "the spool is closing"});
  for (DeadChange& change : waiting_.dead_changes)
    change.answer.set_value(Error{ErrorCode::stopping, "the spool is closing"});
  for (LaneDecision& decision : waiting_.lane_changes)
    decision.answer.set_value(Error{ErrorCode::stopping, "the spool is closing"});
  waiting_ = {};
  if (store_) {
    if (const Status copied = store_->checkpoint_all(); !copied)
      log_.warn("closing: the write-ahead log could not be copied, the next start does it: {}", copied.error().message);
  }
  store_.reset();
}

void Committer::post_state() {
  observer_.on_state(full_, trouble_);
  blocked_ = !trouble_.empty() || (full_ && options_.when_full == WhenFull::pause);
}

void Committer::update_pressure() {
  const MutexLock lock(pressure_mutex_);
  const std::size_t mark = pressed_ ? limits::kUncommittedBytesLow : limits::kUncommittedBytesHigh;
  const bool wanted = blocked_ || queued_bytes_ > mark;
  if (wanted == pressed_ || !pressure_) return;
  pressed_ = wanted;
  pressure_(wanted);
}

milliseconds Committer::age() const {
  return age_at_open_ + std::chrono::duration_cast<milliseconds>(clock_.steady() - opened_at_);
}

}  // namespace tidegate
