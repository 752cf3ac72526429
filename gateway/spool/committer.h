#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mutex.h"
#include "gateway/spool/commit.h"
#include "gateway/spool/files.h"
#include "gateway/spool/pending.h"
#include "gateway/spool/spool.h"
#include "gateway/spool/store.h"

namespace tidegate {

/// Learns what each commit did. Called on the committer thread, after the sync and before the receipts.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void on_commit(Books& books, const CommitEffects& effects, const Store::Space& space) = 0;
  /// The database is damaged and will be rebuilt: no connection may be open until on_commit() or on_state() is called
  /// with the new one in place.
  virtual void before_rebuild() = 0;
  virtual void after_rebuild(const SpoolOpening::Salvage& outcome) = 0;
  /// `trouble`: the error that keeps the committer from committing, or empty.
  virtual void on_state(bool full, const std::string& trouble) = 0;
};

/// The one thread that writes. It makes one transaction out of everything that is queued, and answers after the sync.
/// When a commit fails, what was queued stays queued: nothing is answered, nothing is lost, and it tries again.
class Committer {
 public:
  struct Setup {
    SpoolOptions options;
    SpoolFiles files;
    const Clock& clock;
    CommitObserver& observer;
    std::unique_ptr<Store> store;
    Books books;
    SourceId adopt;
  };
  explicit Committer(Setup setup);
  ~Committer();

  void start(UniqueFunction<void(bool)> pressure);
  void stop();

  void append(PendingAppend pending) EXCLUDES(mutex_);
  void settle(PendingSettlement pending) EXCLUDES(mutex_);
  /// *Blocks* until committed.
  Result<std::uint64_t> change_dead(bool retry, const std::vector<std::uint64_t>& numbers) EXCLUDES(mutex_);
  /// *Blocks* until committed.
  Result<std::uint64_t> change_lane(LaneChange change) EXCLUDES(mutex_);
  /// A reader found a block that cannot be read.
  void report_damage(Seq first) EXCLUDES(mutex_);
  /// A reader found that the tables themselves are damaged.
  void report_corruption() EXCLUDES(mutex_);

 private:
  struct DeadChange {
    bool retry = false;
    std::vector<std::uint64_t> numbers;
    std::promise<Result<std::uint64_t>> answer;
  };
  struct LaneDecision {
    LaneChange change;
    std::promise<Result<std::uint64_t>> answer;
  };
  struct Queue {
    std::deque<PendingAppend> appends;
    std::deque<PendingSettlement> settlements;
    std::deque<DeadChange> dead_changes;
    std::deque<LaneDecision> lane_changes;
    std::deque<Seq> damaged;
    [[nodiscard]] bool empty() const noexcept {
      return appends.empty() && settlements.empty() && dead_changes.empty() && lane_changes.empty() && damaged.empty();
    }
  };
  /// The transaction under way: the answers, in the order of the queue.
  struct Plan {
    std::uint64_t number = 0;
    std::vector<Admission> appends;
    std::vector<Status> settlements;
    std::vector<std::uint64_t> dead_changes;
    std::vector<Result<std::uint64_t>> lane_changes;
    std::size_t damaged = 0;
    bool disk_has_room = false;  ///< for appends; not known while backing off
    CommitEffects effects;
  };

  void run();
  bool wait_for_work() EXCLUDES(mutex_);
  [[nodiscard]] bool due() const;
  bool attempt();
  void plan_appends(Commit& commit, Plan& plan);
  void plan_leaving(Commit& commit, const Plan& plan);
  bool make_room(Commit& commit, std::uint64_t need, bool evicting);
  bool find_disk(Commit& commit, std::uint64_t need);
  void finish(Plan plan);
  void answer(Plan& plan);
  void fail(Plan plan, const Error& error);
  void reopen();
  Status rebuild();
  void announce_rebuilt();
  void take_store(std::unique_ptr<Store> store, Books books);
  void drain() EXCLUDES(mutex_);
  void post_state();
  void update_pressure() EXCLUDES(pressure_mutex_);
  [[nodiscard]] milliseconds age() const;
  [[nodiscard]] std::uint64_t used_bytes() const;
  [[nodiscard]] std::uint64_t commit_bytes_full() const;

  const SpoolOptions options_;
  const SpoolFiles files_;
  const Clock& clock_;
  const SourceId adopt_;
  CommitObserver& observer_;
  const Log log_{"spool"};

  // The committer's own.
  std::unique_ptr<Store> store_;
  Books books_;
  BlockCodec codec_;
  Queue waiting_;
  Store::Space space_;
  std::optional<Plan> doubtful_;  ///< its commit failed at the sync: on disk or not, only reopening tells
  milliseconds age_at_open_{0};
  SteadyTime opened_at_;
  std::uint64_t log_due_bytes_;
  std::uint64_t commit_bytes_max_;  ///< of appends; smaller while the disk is full
  Reserve reserve_;
  bool corrupt_ = false;     ///< the database has to be rebuilt before the next attempt
  bool full_ = false;        ///< max_bytes is reached
  bool room_freed_ = false;  ///< by the latest commit
  bool disk_full_ = false;   ///< the disk refused the latest attempt: settlements first
  bool may_grow_ = true;     ///< false from the moment the disk was full until the reserve is held again
  bool more_to_sweep_ = true;
  bool orphans_leave_ = true;  ///< an orphan is being dropped or adopted, and the latest step came further
  std::string trouble_;
  milliseconds backoff_{0};
  SteadyTime retry_at_{};
  SteadyTime sweep_at_{};

  Mutex mutex_;
  CondVar wake_;
  Queue incoming_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool corruption_seen_ GUARDED_BY(mutex_) = false;

  std::atomic<std::size_t> queued_bytes_{0};
  std::atomic<bool> blocked_{false};
  std::atomic<bool> pressed_{false};
  Mutex pressure_mutex_;
  UniqueFunction<void(bool)> pressure_ GUARDED_BY(pressure_mutex_);

  std::thread thread_;
};

}  // namespace tidegate
