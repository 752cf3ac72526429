#pragma once

#include <cstddef>
#include <deque>
#include <thread>

#include "gateway/base/mutex.h"
#include "gateway/base/unique_function.h"

namespace tidegate {

/// One thread for calls that wait for the disk, with a queue that has an end. *Threads*: safe from any.
class Worker {
 public:
  using Job = UniqueFunction<void()>;

  explicit Worker(std::size_t jobs_max) : jobs_max_(jobs_max) {}
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  /// False, and the job is gone, when the queue is full or the worker has stopped.
  [[nodiscard]] bool post(Job job) EXCLUDES(mutex_);
  /// Finishes the job under way, forgets the queued ones, ends the thread. Idempotent.
  void stop() EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);

  const std::size_t jobs_max_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tidegate
