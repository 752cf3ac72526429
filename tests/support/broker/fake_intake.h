#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/mutex.h"
#include "gateway/intake/intake.h"

namespace tidegate::test {

/// An Intake whose commits the test controls. What was committed, source state included, is there for the next source,
/// as a spool's would be after a restart. *Threads*: safe from any.
class FakeIntake final : public Intake {
 public:
  void admit(SourceId source, Submission submission, Receipt receipt) override EXCLUDES(mutex_);
  std::vector<std::pair<std::string, std::string>> source_state(SourceId source, const std::string& prefix) override
      EXCLUDES(mutex_);

  /// Receipts run inside admit() (as at first), or wait for commit().
  void hold(bool hold) EXCLUDES(mutex_);
  /// Runs the receipts that wait. Returns how many.
  std::size_t commit(Admission admission = Admission::durable) EXCLUDES(mutex_);
  /// Forgets what was not committed, receipts included: a crash.
  void crash() EXCLUDES(mutex_);
  /// What submissions with events are answered, while receipts are not held.
  void answer_events_with(Admission admission) EXCLUDES(mutex_);

  /// Waits until `condition(*this)` holds; it is looked at again after each admit() and commit.
  bool wait(Deadline deadline, const std::function<bool()>& condition) EXCLUDES(mutex_);

  [[nodiscard]] std::vector<Event> committed() const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t committed_count() const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t held_events() const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t submissions() const EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t repeats() const EXCLUDES(mutex_);
  [[nodiscard]] std::map<std::string, std::string> state() const EXCLUDES(mutex_);
  void keep_events(bool keep) EXCLUDES(mutex_);

 private:
  struct Held {
    Submission submission;
    Receipt receipt;
  };
  void settle(Held held, Admission admission) EXCLUDES(mutex_);

  mutable Mutex mutex_;
  CondVar changed_;
  bool hold_ GUARDED_BY(mutex_) = false;
  bool keep_ GUARDED_BY(mutex_) = true;
  Admission for_events_ GUARDED_BY(mutex_) = Admission::durable;
  std::vector<Held> held_ GUARDED_BY(mutex_);
  std::vector<Event> committed_ GUARDED_BY(mutex_);
  std::size_t committed_count_ GUARDED_BY(mutex_) = 0;
  std::size_t submissions_ GUARDED_BY(mutex_) = 0;
  std::uint64_t repeats_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::string> state_ GUARDED_BY(mutex_);
};

}  // namespace tidegate::test
