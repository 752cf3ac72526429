#include "tests/demo/feeds.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "tests/support/http/http_client.h"
#include "tests/support/process/marker.h"
#include "tests/support/process/process.h"
#include "tests/support/process/publisher.h"

namespace tidegate::demo {
namespace {

constexpr double kMqttRate = 20;
constexpr milliseconds kHttpInterval{50};
constexpr milliseconds kFileInterval{1000};
constexpr std::uint64_t kRowsPerFile = 20;
constexpr std::size_t kPayloadBytes = 200;
constexpr std::uint64_t kKeys = 4;

std::uint64_t utc_us() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
}

/// The pace of a feed: ticks until it is stopped.
class Pace {
 public:
  Pace(milliseconds interval, const std::stop_token& stop) : interval_(interval), stop_(stop) {}
  /// Waits for the next tick. False: stop.
  bool next() {
    next_ += interval_;
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop_, next_, [] { return false; });
    return !stop_.stop_requested();
  }

 private:
  const milliseconds interval_;
  const std::stop_token& stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now();
};

class MqttDevice final : public Feed {
 public:
  MqttDevice(std::uint32_t number, std::uint16_t port) : Feed(number), port_(port) {}
  [[nodiscard]] std::string_view what() const override { return "MQTT device"; }

  void run(const std::stop_token& stop) override {
    test::PublisherOptions options;
    options.port = port_;
    options.number = number_;
    options.rate = kMqttRate;
    options.sent_now = &sent_;
    const auto report = test::publish(options, stop);
    trouble_ = report.trouble;
    for (std::uint64_t seq = 1; seq < report.acknowledged_seqs.size(); ++seq) {
      if (report.acknowledged_seqs[seq]) accepted_.push_back(seq);
    }
  }

 private:
  const std::uint16_t port_;
};

class HttpProgram final : public Feed {
 public:
  HttpProgram(std::uint32_t number, std::uint16_t port) : Feed(number), port_(port) {}
  [[nodiscard]] std::string_view what() const override { return "HTTP program"; }

  void run(const std::stop_token& stop) override {
    test::HttpClient client(port_);
    Pace pace(kHttpInterval, stop);
    for (std::uint64_t seq = 1; pace.next(); ++seq) {
      std::string body;
      test::append_payload(body, {number_, seq, utc_us()}, kPayloadBytes);
      ++sent_;
      const auto reply =
          client.post("/v1/topics/" + test::topic_of(number_, seq % kKeys), body, {"Content-Type: application/json"});
      if (reply.status != 202) {
        trouble_ = fmt::format("the HTTP door answered {} {}", reply.status, reply.body);
        return;
      }
      accepted_.push_back(seq);
    }
  }

 private:
  const std::uint16_t port_;
};

class CsvExporter final : public Feed {
 public:
  CsvExporter(std::uint32_t number, std::filesystem::path folder) : Feed(number), folder_(std::move(folder)) {}
  [[nodiscard]] std::string_view what() const override { return "CSV exporter"; }

  void run(const std::stop_token& stop) override {
    Pace pace(kFileInterval, stop);
    std::uint64_t seq = 0;
    for (int file = 1; pace.next(); ++file) {
      std::string rows = "marker,order,quantity\n";
      for (std::uint64_t row = 0; row < kRowsPerFile; ++row) {
        ++seq;
        rows += fmt::format("EVT:{:04}:{:09}:{:016};,{},{}\n", number_, seq, utc_us(), 70'000 + seq, seq % 12);
        accepted_.push_back(seq);
      }
      const auto name = folder_ / fmt::format("orders-{:04}.csv", file);
      const std::string unfinished = name.string() + ".tmp";
      test::write_file(unfinished, rows);
      std::error_code failed;
      std::filesystem::rename(unfinished, name, failed);
      if (failed) {
        trouble_ = fmt::format("cannot write {}: {}", name.string(), failed.message());
        return;
      }
      sent_ += kRowsPerFile;
    }
  }

 private:
  const std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<Feed> mqtt_device(std::uint32_t number, std::uint16_t port) {
  return std::make_unique<MqttDevice>(number, port);
}
std::unique_ptr<Feed> http_program(std::uint32_t number, std::uint16_t port) {
  return std::make_unique<HttpProgram>(number, port);
}
std::unique_ptr<Feed> csv_exporter(std::uint32_t number, std::filesystem::path folder) {
  return std::make_unique<CsvExporter>(number, std::move(folder));
}

}  // namespace tidegate::demo
