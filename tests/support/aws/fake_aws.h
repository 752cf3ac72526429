#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/base/mutex.h"
#include "tests/support/receiver/receiver.h"

namespace tidegate::testing {

/// Six AWS services that take every event and say so in their protocols, as far as the sinks speak them. Its answers
/// are written from the API references. *Threads*: safe from any.
class FakeAws {
 public:
  FakeAws();
  ~FakeAws();

  /// Where they listen: for `endpoint`.
  [[nodiscard]] std::string url() const { return receiver_->url(""); }
  [[nodiscard]] std::vector<ReceivedRequest> requests() const { return receiver_->requests(); }
  /// Ids of the CloudEvents that came, in their order.
  [[nodiscard]] std::vector<std::string> arrived() const EXCLUDES(mutex_);
  /// Given in place of the usual answers, as long as there are some.
  void script(std::vector<Answer> answers) EXCLUDES(mutex_);

 private:
  Answer respond(const ReceivedRequest& request) EXCLUDES(mutex_);
  Answer take_json(const std::string& target, const std::string& body) REQUIRES(mutex_);
  Answer publish(const std::string& form) REQUIRES(mutex_);
  Answer invoke(const ReceivedRequest& request) REQUIRES(mutex_);
  void take(const std::string& cloud_event) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::vector<std::string> arrived_ GUARDED_BY(mutex_);
  std::vector<Answer> scripted_ GUARDED_BY(mutex_);
  std::unique_ptr<Receiver> receiver_;
};

}  // namespace tidegate::testing
