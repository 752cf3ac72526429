#pragma once

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>

#include "tests/support/receiver/receiver.h"

namespace tidegate::testing {

/// What the receiver knows and decides, apart from the network. *Threads*: safe from any.
class Ledger {
 public:
  explicit Ledger(const ReceiverOptions& options);

  void connected();
  /// GET is a request as any other.
  [[nodiscard]] bool answers_queries() const noexcept { return options_.respond != nullptr; }
  /// What to do with the request that is about to be read.
  Answer next_answer();
  /// Judges a request that was read whole: counts, records and logs it. May turn an acceptance into a refusal.
  Answer take(ReceivedRequest request, std::string raw_body, Answer answer);

  void script(std::vector<Answer> answers);
  void answer_by_default(Answer answer);
  [[nodiscard]] std::vector<ReceivedRequest> requests() const;
  [[nodiscard]] ReceiverSummary summary() const;
  bool wait_for(const std::function<bool(const ReceiverSummary&)>& condition, std::chrono::seconds at_most) const;

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  Answer refusal_of(const ReceivedRequest& request, Answer answer) const;
  void count_markers(std::string_view body);
  void accept(const ReceivedRequest& request);
  [[nodiscard]] ReceiverSummary summary_locked() const;

  const ReceiverOptions& options_;
  const bool split_;  ///< requests are taken apart into events
  std::unique_ptr<std::FILE, CloseFile> log_;

  mutable std::mutex mutex_;  ///< guards everything below
  mutable std::condition_variable changed_;
  std::deque<Answer> script_;
  Answer default_;
  std::deque<ReceivedRequest> requests_;
  ReceiverSummary totals_;
  Arrivals arrivals_;
};

}  // namespace tidegate::testing
