#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "tests/crash/feed.h"
#include "tests/support/aws/fake_sqs.h"
#include "tests/support/process/marker.h"
#include "tests/support/process/publisher.h"

namespace tidegate::crash {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kPublisher = 1;
constexpr std::uint32_t kKeys = 4;
constexpr std::uint64_t kAtOnce = 10;
constexpr std::size_t kPayloadBytes = 150;
constexpr std::chrono::milliseconds kBetween{20};

/// A FIFO queue into which commands are put. Each is owed: nobody but the gateway takes it out. A second of the queue's
/// time is kBetween, so what a killed gateway had received comes again soon, and what waits for its commit too; kill()
/// breaks the connections.
class SqsFeed final : public Feed {
 public:
  Status start() override {
    time_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        queue_.pass(1s);
        std::this_thread::sleep_for(kBetween);
      }
    });
    return {};
  }
  Status start_load() override {
    load_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        for (std::uint64_t i = 0; i < kAtOnce; ++i) put(next_++);
        std::this_thread::sleep_for(kBetween);
      }
    });
    return {};
  }
  void kill() override { queue_.interrupt(); }
  Status restart() override { return {}; }
  void calm() override {}

  FedEvents finish() override {
    load_ = {};
    FedEvents fed;
    fed.owed[kPublisher].assign(next_, true);
    if (next_ == 0) fed.trouble = "nothing was put into the queue";
    return fed;
  }
  void close() override { time_ = {}; }

  [[nodiscard]] std::string source() const override {
    return fmt::format(
        "    type: aws_sqs\n    region: eu-central-1\n    endpoint: {}\n    queue_url: {}\n"
        "    credentials: {{ access_key_id: AKIDEXAMPLE, secret_access_key: its-secret }}\n"
        "    visibility_timeout: 10s\n",
        queue_.url(), queue_.queue_url());
  }
  [[nodiscard]] std::uint16_t port() const override { return 0; }
  [[nodiscard]] std::uint32_t keys() const override { return kKeys; }
  [[nodiscard]] bool forgets() const override { return false; }

 private:
  void put(std::uint64_t seq) {
    // An id as long as those that the gateway gives itself, which is what the reader of arrivals expects.
    std::string body = fmt::format(
        R"({{"specversion":"1.0","id":"{:08}-0000-0000-0000-{:012}","source":"/cloud","type":"t","subject":"{}","data":)",
        kPublisher, seq, test::topic_of(kPublisher, seq % kKeys));
    test::append_payload(body, {kPublisher, seq, 0}, kPayloadBytes);
    body += '}';
    queue_.put(std::move(body), std::to_string(seq % kKeys));
  }

  testing::FakeSqs queue_{true};
  std::uint64_t next_ = 0;    ///< the load's; read once that has ended
  std::jthread time_, load_;  // last: joined before the rest goes
};

}  // namespace

std::unique_ptr<Feed> make_sqs_feed() { return std::make_unique<SqsFeed>(); }

}  // namespace tidegate::crash
