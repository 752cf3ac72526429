#include <fmt/format.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>

#include "gateway/base/mutex.h"
#include "tests/crash/feed.h"
#include "tests/support/http/http_client.h"
#include "tests/support/process/marker.h"
#include "tests/support/process/process.h"
#include "tests/support/process/publisher.h"

namespace tidegate::crash {
namespace {

constexpr std::uint32_t kPrograms = 3;
constexpr std::uint32_t kKeys = 4;
constexpr std::uint64_t kBatchEvents = 20;
constexpr std::size_t kPayloadBytes = 150;
constexpr std::chrono::milliseconds kBetweenBatches{15};

/// A program that posts batches of CloudEvents in order, each again under the same ids until it is answered 202.
class Program {
 public:
  Program(std::uint32_t number, std::uint16_t port) : number_(number), port_(port) {}

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (post(batch())) {
        owed_.resize(next_ + kBatchEvents, true);
        next_ += kBatchEvents;
      }
      std::this_thread::sleep_for(kBetweenBatches);
    }
  }
  void interrupt() {
    const MutexLock lock(mutex_);
    if (client_) client_->shutdown();
  }
  [[nodiscard]] std::uint32_t number() const { return number_; }
  /// Only once run() has returned.
  [[nodiscard]] const std::vector<bool>& owed() const { return owed_; }

 private:
  [[nodiscard]] std::string batch() const {
    std::string body = "[";
    for (std::uint64_t seq = next_; seq < next_ + kBatchEvents; ++seq) {
      // As long as the ids that the gateway gives itself, which is what the reader of arrivals expects.
      body += fmt::format(
          R"({}{{"specversion":"1.0","id":"{:08}-0000-0000-0000-{:012}","source":"/program/{}","type":"t","subject":"{}","data":)",
          seq == next_ ? "" : ",", number_, seq, number_, test::topic_of(number_, seq % kKeys));
      test::append_payload(body, {number_, seq, 0}, kPayloadBytes);
      body += '}';
    }
    return body + "]";
  }
  /// True when it was answered 202. Anything else, silence included, ends the connection.
  bool post(const std::string& body) {
    std::shared_ptr<test::HttpClient> client;
    {
      const MutexLock lock(mutex_);
      if (!client_) client_ = std::make_shared<test::HttpClient>(port_);
      client = client_;
    }
    if (client->post("/v1/events", body, {"Content-Type: application/cloudevents-batch+json"}).status == 202)
      return true;
    const MutexLock lock(mutex_);
    client_.reset();
    return false;
  }

  const std::uint32_t number_;
  const std::uint16_t port_;
  std::uint64_t next_ = 0;
  std::vector<bool> owed_;
  Mutex mutex_;
  std::shared_ptr<test::HttpClient> client_ GUARDED_BY(mutex_);  // shared: interrupt() while the program waits on it
};

class HttpFeed final : public Feed {
 public:
  HttpFeed() {
    for (std::uint32_t i = 0; i < kPrograms; ++i) programs_[i] = std::make_unique<Program>(i + 1, port_);
  }
  ~HttpFeed() override { end(); }

  Status start() override { return {}; }
  Status start_load() override {
    for (auto& program : programs_) threads_.emplace_back([&program, stop = stop_.get_token()] { program->run(stop); });
    return {};
  }
  void kill() override {
    for (auto& program : programs_) program->interrupt();
  }
  Status restart() override { return {}; }
  void calm() override {}

  FedEvents finish() override {
    end();
    FedEvents fed;
    for (const auto& program : programs_) {
      fed.owed[program->number()] = program->owed();
      if (program->owed().empty()) fed.trouble = "a program was never answered";
    }
    return fed;
  }
  void close() override {}

  [[nodiscard]] std::string source() const override {
    return fmt::format("    type: http\n    listen: 127.0.0.1:{}\n", port_);
  }
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::uint32_t keys() const override { return kKeys; }
  [[nodiscard]] bool forgets() const override { return false; }

 private:
  void end() {
    stop_.request_stop();
    threads_.clear();
  }

  const std::uint16_t port_ = test::free_port();
  std::array<std::unique_ptr<Program>, kPrograms> programs_;
  std::stop_source stop_;
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace

std::unique_ptr<Feed> make_http_feed() { return std::make_unique<HttpFeed>(); }

}  // namespace tidegate::crash
