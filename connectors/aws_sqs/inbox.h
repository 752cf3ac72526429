#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "connectors/aws/client.h"
#include "gateway/base/mutex.h"
#include "gateway/intake/intake.h"

namespace tidegate::aws_sqs {

/// What other threads have for the poller's: receipts, and that something else is to be looked at. Shared with every
/// receipt that is still to come; these may outlive the source. *Threads*: safe from any.
class Inbox {
 public:
  struct Answer {
    std::uint64_t ticket = 0;
    Admission admission = Admission::durable;
  };

  explicit Inbox(aws::Client& client) : client_(&client) {}
  void put(Answer answer) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (client_ == nullptr) return;
    answers_.push_back(answer);
    client_->wake();
  }
  void wake() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (client_ != nullptr) client_->wake();
  }
  [[nodiscard]] std::vector<Answer> take() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::exchange(answers_, {});
  }
  /// Receipts after this are dropped.
  void close() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    client_ = nullptr;
    answers_.clear();
  }

 private:
  Mutex mutex_;
  aws::Client* client_ GUARDED_BY(mutex_);
  std::vector<Answer> answers_ GUARDED_BY(mutex_);
};

}  // namespace tidegate::aws_sqs
