#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "connectors/http/ingest/ingest.h"
#include "gateway/base/mutex.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/source/source_harness.h"
#include "tests/conformance/source/taken_port.h"
#include "tests/support/http/http_client.h"
#include "tests/support/process/process.h"

namespace tidegate::test {

namespace {

/// A program that posts its events one after the other, and each again under the same id until it is answered for good.
class Producer {
 public:
  explicit Producer(std::uint16_t port) : port_(port), thread_([this] { run(); }) {}
  ~Producer() {
    {
      const MutexLock lock(mutex_);
      ended_ = true;
      if (client_) client_->shutdown();
    }
    changed_.notify_all();
    thread_.join();
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  void offer(std::string payload) {
    {
      const MutexLock lock(mutex_);
      waiting_.push_back(std::move(payload));
    }
    changed_.notify_all();
  }
  std::size_t answered() {
    const MutexLock lock(mutex_);
    return answered_;
  }
  void interrupt() {
    const MutexLock lock(mutex_);
    if (client_) client_->shutdown();
  }

 private:
  void run() {
    for (std::string payload; next(payload);) {
      if (post(payload)) {
        const MutexLock lock(mutex_);
        ++answered_;
        waiting_.pop_front();
      } else {
        std::this_thread::sleep_for(kRetry);
      }
    }
  }
  bool next(std::string& payload) {
    MutexLock lock(mutex_);
    while (!ended_ && waiting_.empty()) changed_.wait(lock);
    if (ended_) return false;
    payload = waiting_.front();
    return true;
  }
  /// True when the event is taken, or refused for good.
  bool post(const std::string& payload) {
    std::shared_ptr<HttpClient> client;
    std::string id;
    {
      const MutexLock lock(mutex_);
      client = client_ = std::make_shared<HttpClient>(port_);
      id = std::to_string(answered_);
    }
    const int status =
        client
            ->post("/v1/events", payload, {"ce-specversion: 1.0", "ce-source: /program", "ce-type: t", "ce-id: " + id})
            .status;
    return status == 202 || status == 413;
  }

  static constexpr std::chrono::milliseconds kRetry{20};
  const std::uint16_t port_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::string> waiting_ GUARDED_BY(mutex_);
  std::shared_ptr<HttpClient> client_ GUARDED_BY(mutex_);  // shared: interrupt() while the thread waits on it
  std::size_t answered_ GUARDED_BY(mutex_) = 0;
  bool ended_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

/// That the source is turned away means here: somebody has the port.
class HttpSourceHarness final : public SourceHarness {
 public:
  std::unique_ptr<Source> make(const ConnectorContext& context) override {
    const auto options = parse_text(*http_source_options(), "listen: 127.0.0.1:" + std::to_string(port_));
    auto source = make_http_source(context, *options);
    return std::move(*source);
  }
  bool ready() override { return accepts_connections(port_); }
  void offer(const std::string& payload) override { producer_.offer(payload); }
  std::size_t acknowledged() override { return producer_.answered(); }
  void interrupt() override { producer_.interrupt(); }
  void turn_away(bool away) override {
    taken_.reset();
    if (away) taken_.emplace(port_);
  }
  void fall_silent() override {}  // it waits for its answer, whatever happens

 private:
  const std::uint16_t port_ = free_port();
  std::optional<TakenPort> taken_;
  Producer producer_{port_};
};

}  // namespace

std::unique_ptr<SourceHarness> make_http_source_harness() { return std::make_unique<HttpSourceHarness>(); }

}  // namespace tidegate::test
