#include "gateway/admin/worker.h"

#include <pthread.h>

#include <utility>

namespace tidegate {

void Worker::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "admin");
    run();
  });
}

bool Worker::post(Job job) {
  const MutexLock lock(mutex_);
  if (stopped_ || jobs_.size() >= jobs_max_) return false;
  jobs_.push_back(std::move(job));
  wake_.notify_one();
  return true;
}

void Worker::stop() {
  std::deque<Job> forgotten;  // destroyed outside the lock: a job's destructor is not ours to trust
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    forgotten.swap(jobs_);
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  for (;;) {
    Job job;
    {
      MutexLock lock(mutex_);
      while (jobs_.empty() && !stopped_) wake_.wait(lock);
      if (stopped_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace tidegate
