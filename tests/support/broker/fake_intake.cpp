#include "tests/support/broker/fake_intake.h"

namespace tidegate::test {

void FakeIntake::admit(SourceId /*source*/, Submission submission, Receipt receipt) {
  Admission admission = Admission::durable;
  {
    const MutexLock lock(mutex_);
    ++submissions_;
    if (hold_) {
      held_.push_back({std::move(submission), std::move(receipt)});
      changed_.notify_all();
      return;
    }
    if (!submission.events.empty()) admission = for_events_;
  }
  settle({std::move(submission), std::move(receipt)}, admission);
}

void FakeIntake::settle(Held held, Admission admission) {
  {
    const MutexLock lock(mutex_);
    if (admission == Admission::durable) {
      for (SourceStateChange& change : held.submission.state) {
        if (change.erase)
          state_.erase(change.key);
        else
          state_[change.key] = std::move(change.value);
      }
      committed_count_ += held.submission.events.size();
      if (keep_)
        for (Event& event : held.submission.events) committed_.push_back(std::move(event));
      repeats_ += held.submission.repeats;
    }
  }
  held.receipt(admission);
  const MutexLock lock(mutex_);
  changed_.notify_all();
}

std::vector<std::pair<std::string, std::string>> FakeIntake::source_state(SourceId /*source*/,
                                                                          const std::string& prefix) {
  const MutexLock lock(mutex_);
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [key, value] : state_)
    if (key.starts_with(prefix)) out.emplace_back(key, value);
  return out;
}

void FakeIntake::hold(bool hold) {
  const MutexLock lock(mutex_);
  hold_ = hold;
}

std::size_t FakeIntake::commit(Admission admission) {
  std::vector<Held> held;
  {
    const MutexLock lock(mutex_);
    held.swap(held_);
  }
  for (Held& one : held) settle(std::move(one), admission);
  return held.size();
}

void FakeIntake::crash() {
  const MutexLock lock(mutex_);
  held_.clear();
}

void FakeIntake::answer_events_with(Admission admission) {
  const MutexLock lock(mutex_);
  for_events_ = admission;
}

bool FakeIntake::wait(Deadline deadline, const std::function<bool()>& condition) {
  for (;;) {
    if (condition()) return true;
    if (SystemClock().steady() >= deadline.at) return false;
    MutexLock lock(mutex_);
    // The condition may depend on more than this object, so it is looked at every now and then as well.
    changed_.wait_until(lock, SystemClock().steady() + milliseconds{5});
  }
}

std::vector<Event> FakeIntake::committed() const {
  const MutexLock lock(mutex_);
  return committed_;
}
std::size_t FakeIntake::committed_count() const {
  const MutexLock lock(mutex_);
  return committed_count_;
}
std::size_t FakeIntake::held_events() const {
  const MutexLock lock(mutex_);
  std::size_t n = 0;
  for (const Held& one : held_) n += one.submission.events.size();
  return n;
}
std::size_t FakeIntake::submissions() const {
  const MutexLock lock(mutex_);
  return submissions_;
}
std::uint64_t FakeIntake::repeats() const {
  const MutexLock lock(mutex_);
  return repeats_;
}
std::map<std::string, std::string> FakeIntake::state() const {
  const MutexLock lock(mutex_);
  return state_;
}
void FakeIntake::keep_events(bool keep) {
  const MutexLock lock(mutex_);
  keep_ = keep;
}

}  // namespace tidegate::test
