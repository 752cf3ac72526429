#include <array>
#include <atomic>
#include <thread>

#include "tests/crash/feed.h"
#include "tests/support/process/mosquitto.h"
#include "tests/support/process/publisher.h"

namespace tidegate::crash {
namespace {

constexpr std::uint32_t kPublishers = 3;
constexpr std::uint32_t kKeys = 4;
constexpr double kRate = 1500;  // per publisher: load enough to have batches in flight, little enough to check quickly

class MosquittoFeed final : public Feed {
 public:
  explicit MosquittoFeed(std::filesystem::path dir) : dir_(std::move(dir)) {}
  ~MosquittoFeed() override { stop_.request_stop(); }

  Status start() override {
    test::MosquittoOptions options;
    options.max_queued = 0;
    auto broker = test::Mosquitto::start(dir_, options);
    if (!broker) return broker.error();
    broker_ = std::move(*broker);
    return {};
  }

  Status start_load() override {
    for (std::uint32_t i = 0; i < kPublishers; ++i) {
      test::PublisherOptions options;
      options.port = broker_->port();
      options.number = i + 1;
      options.qos = i == 2 ? 2 : 1;
      options.rate = kRate;
      options.keys = kKeys;
      options.reconnect = true;
      options.sent_now = &sent_[i];
      threads_.emplace_back([this, options, i] { reports_[i] = test::publish(options, stop_.get_token()); });
    }
    return {};
  }

  void kill() override {
    broker_->kill();
    forgets_ = true;
    unsure_ = true;
  }
  Status restart() override { return broker_->restart(); }

  void calm() override {
    for (std::uint32_t i = 0; i < kPublishers; ++i) {
      const std::uint64_t now = sent_[i];
      auto& excused = excused_[i + 1];
      if (unsure_) {
        excused.resize(now + 1, false);
        std::fill(excused.begin() + static_cast<std::ptrdiff_t>(calm_at_[i]), excused.end(), true);
      }
      // What is published now may still be in the broker's memory when the next cycle kills it.
      calm_at_[i] = calm_before_[i];
      calm_before_[i] = now;
    }
    unsure_ = false;
  }

  FedEvents finish() override {
    stop_.request_stop();
    threads_.clear();
    FedEvents fed;
    for (std::uint32_t i = 0; i < kPublishers; ++i) {
      fed.owed[i + 1] = reports_[i].acknowledged_seqs;
      if (!reports_[i].trouble.empty()) fed.trouble = reports_[i].trouble;
    }
    fed.excused = excused_;
    return fed;
  }

  void close() override { broker_->stop(); }

  std::uint16_t port() const override { return broker_->port(); }
  std::uint32_t keys() const override { return kKeys; }
  bool forgets() const override { return forgets_; }

 private:
  std::filesystem::path dir_;
  std::unique_ptr<test::Mosquitto> broker_;
  std::array<test::PublisherReport, kPublishers> reports_;
  std::array<std::atomic<std::uint64_t>, kPublishers> sent_{};
  std::array<std::uint64_t, kPublishers> calm_at_{}, calm_before_{};
  std::map<std::uint32_t, std::vector<bool>> excused_;
  bool forgets_ = false;
  bool unsure_ = false;  // killed since the last calm()
  std::stop_source stop_;
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace

std::unique_ptr<Feed> make_mosquitto_feed(const std::filesystem::path& dir) {
  return std::make_unique<MosquittoFeed>(dir);
}

}  // namespace tidegate::crash
