#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define TIDEGATE_ANNOTATE(x) __attribute__((x))
#else
#define TIDEGATE_ANNOTATE(x)
#endif

/// clang's thread-safety annotations (checked by ./dev lint); they mean nothing to g++.
#define GUARDED_BY(x) TIDEGATE_ANNOTATE(guarded_by(x))
#define REQUIRES(...) TIDEGATE_ANNOTATE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) TIDEGATE_ANNOTATE(locks_excluded(__VA_ARGS__))

namespace tidegate {

/// std::mutex, visible to the thread-safety analysis.
class TIDEGATE_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() TIDEGATE_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() TIDEGATE_ANNOTATE(release_capability()) { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

/// Holds a Mutex for a scope; also what a CondVar waits on.
class TIDEGATE_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TIDEGATE_ANNOTATE(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~MutexLock() TIDEGATE_ANNOTATE(release_capability()) = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  friend class CondVar;
  std::unique_lock<std::mutex> lock_;
};

/// std::condition_variable for MutexLock. Wake-ups may be spurious: wait in a loop around the condition.
class CondVar {
 public:
  void wait(MutexLock& lock) { cv_.wait(lock.lock_); }
  template <class TimePoint>
  bool wait_until(MutexLock& lock, const TimePoint& at) {
    return cv_.wait_until(lock.lock_, at) == std::cv_status::no_timeout;
  }
  void notify_one() noexcept { cv_.notify_one(); }
  void notify_all() noexcept { cv_.notify_all(); }

 private:
  std::condition_variable cv_;
};

}  // namespace tidegate
