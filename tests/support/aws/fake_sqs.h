#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/mutex.h"
#include "tests/support/receiver/receiver.h"

namespace tidegate::testing {

/// One queue of SQS as a receiver of messages sees it: receives, visibility, deletes, message groups, a redrive policy.
/// Written from the API reference and the developer guide. Its time passes only when it is told. *Threads*: safe from
/// any.
class FakeSqs {
 public:
  explicit FakeSqs(bool fifo = false);
  ~FakeSqs();

  /// For `endpoint`, and for `queue_url`.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string queue_url() const;

  /// Returns its MessageId. `attributes`: MessageAttributes as the API has them.
  std::string put(std::string body, std::string group = "g", nlohmann::json attributes = nullptr) EXCLUDES(mutex_);
  /// What is given out becomes visible again when its timeout is over.
  void pass(std::chrono::seconds time) EXCLUDES(mutex_);
  /// A message that was given out so often goes to the dead letter queue in place of another time.
  void redrive_after(int receives) EXCLUDES(mutex_);

  [[nodiscard]] std::vector<std::string> deleted() const EXCLUDES(mutex_);  ///< bodies, in their order
  [[nodiscard]] std::size_t dead() const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t given_out() const EXCLUDES(mutex_);  ///< and neither deleted nor visible again
  /// Bodies of all requests of an action ("ReceiveMessage"), in their order.
  [[nodiscard]] std::vector<nlohmann::json> requests(std::string_view action) const EXCLUDES(mutex_);

  /// Given in place of the usual answers to an action, as long as there are some.
  void script(const std::string& action, std::vector<Answer> answers) EXCLUDES(mutex_);
  /// Given to everything, until it is taken back.
  void answer_all(std::optional<Answer> answer) EXCLUDES(mutex_);
  /// Breaks every connection.
  void interrupt();

 private:
  struct Item {
    std::string id, body, group;
    nlohmann::json attributes;
    std::string handle;  ///< of the last receive; empty: it was never given out
    int receives = 0;
    std::chrono::seconds visible_at{0};
  };
  void listen(std::uint16_t port);
  Answer respond(const ReceivedRequest& request) EXCLUDES(mutex_);
  Answer receive(const nlohmann::json& request) REQUIRES(mutex_);
  Answer change(const nlohmann::json& request, bool removes) REQUIRES(mutex_);
  void bury() REQUIRES(mutex_);
  static bool is_out(const Item& item, std::chrono::seconds now);
  nlohmann::json give_out(Item& item) REQUIRES(mutex_);

  const bool fifo_;
  mutable Mutex mutex_;
  std::deque<Item> items_ GUARDED_BY(mutex_);
  std::vector<std::string> deleted_ GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, nlohmann::json>> requests_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<Answer>> scripted_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<std::string>> attempts_ GUARDED_BY(mutex_);  ///< handles that each was answered
  std::optional<Answer> for_all_ GUARDED_BY(mutex_);
  std::size_t dead_ GUARDED_BY(mutex_) = 0;
  int receives_max_ GUARDED_BY(mutex_) = 0;
  std::uint64_t last_id_ GUARDED_BY(mutex_) = 0, last_handle_ GUARDED_BY(mutex_) = 0;
  std::chrono::seconds now_ GUARDED_BY(mutex_){1};
  std::unique_ptr<Receiver> receiver_;
};

/// An error as SQS answers it.
Answer sqs_error(unsigned status, std::string_view code);

}  // namespace tidegate::testing
