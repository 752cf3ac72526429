#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/mutex.h"
#include "gateway/base/result.h"
#include "gateway/replay/replay.h"
#include "gateway/replay/replay_job.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// What replays are made of. References outlive them.
struct ReplaysSetup {
  Spool& spool;
  InternalSources internal;
  std::vector<ReplayRoute> routes;
  const Clock& clock;
};

/// The replays of a gateway, on one thread that takes them in turns, a commit each. What the spool remembers of them
/// goes on after a restart, however the gateway ended. *Threads*: safe from any, except where said otherwise.
class Replays {
 public:
  explicit Replays(ReplaysSetup setup);
  ~Replays();
  Replays(const Replays&) = delete;
  Replays& operator=(const Replays&) = delete;

  /// Takes up what was under way. The spool has started. *Threads*: the owner's, once. *Blocks* on disk.
  void start();
  /// Ends the thread after the commit under way, or without it when it does not come; what was under way goes on with
  /// the next start. Idempotent. *Threads*: the owner's.
  void stop() EXCLUDES(mutex_);

  /// The new replay's number, also across restarts. *Errors*: invalid, not_found (no such route or sink, naming those
  /// there are), full (too many), stopping.
  Result<std::uint64_t> begin(ReplayRequest request) EXCLUDES(mutex_);
  /// *Errors*: not_found: never begun, or finished long ago or before the last restart.
  [[nodiscard]] Result<ReplayReport> report(std::uint64_t number) const EXCLUDES(mutex_);
  /// Ascending by number.
  [[nodiscard]] std::vector<ReplayReport> reports() const EXCLUDES(mutex_);
  /// No copy is made any more; those that were made stay. *Errors*: as report(); refused: it is finished.
  Status cancel(std::uint64_t number) EXCLUDES(mutex_);

 private:
  /// The answer to a submission. Shared with its receipt, which may come when the thread no longer waits for it.
  struct Answer {
    Mutex mutex;
    CondVar came;
    std::optional<Admission> admission GUARDED_BY(mutex);
    bool given_up GUARDED_BY(mutex) = false;
  };

  [[nodiscard]] const ReplayRoute* route(const std::string& name) const;
  [[nodiscard]] Error no_replay(std::uint64_t number) const;
  void run() EXCLUDES(mutex_);
  /// When to ask the job again.
  SteadyTime step(ReplayJob& job) EXCLUDES(mutex_);
  bool is_cancelled(const ReplayJob& job) EXCLUDES(mutex_);
  bool is_cancelled_now(const ReplayJob& job) REQUIRES(mutex_);
  bool submit(const ReplayJob& job, SpoolSubmission submission) EXCLUDES(mutex_);
  std::optional<Admission> wait_for_answer(std::uint64_t number) EXCLUDES(mutex_);
  void show_what_holds_it_up(std::uint64_t number) EXCLUDES(mutex_);
  void forget(std::uint64_t number);
  void publish(const ReplayReport& report) REQUIRES(mutex_);
  void log_end(const ReplayReport& report) const;

  const ReplaysSetup setup_;
  const Log log_{"replay"};
  const std::shared_ptr<Answer> answer_ = std::make_shared<Answer>();
  std::map<std::uint64_t, ReplayJob> jobs_;  ///< the thread's own

  mutable Mutex mutex_;
  CondVar wake_;
  std::map<std::uint64_t, ReplayReport> reports_ GUARDED_BY(mutex_);
  std::vector<ReplayJob> begun_ GUARDED_BY(mutex_);  ///< that the thread has not seen
  std::uint64_t last_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tidegate
