// tidegate_demo: what `./dev run` shows. A mosquitto, an HTTPS receiver, the gateway and three devices, all on loopback
// and in one temporary directory; live counters; and at the end a count of what was published against what arrived.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "tests/support/process/gateway.h"
#include "tests/support/process/mosquitto.h"
#include "tests/support/process/publisher.h"
#include "tests/support/process/receiver_process.h"
#include "tests/support/receiver/test_certs.h"

namespace {

using namespace tidegate;

constexpr std::uint32_t kDevices = 3;
constexpr double kRatePerDevice = 20;
constexpr milliseconds kSubscribeLimit{20'000};
constexpr milliseconds kDrainLimit{30'000};
constexpr std::size_t kEventsShown = 6;

struct Options {
  std::filesystem::path bin, config;
  std::optional<std::chrono::seconds> length;
};

/// Events the receiver has accepted, read as its log grows.
class Arrivals {
 public:
  explicit Arrivals(std::filesystem::path log) : log_(std::move(log)) {}
  void read_on() {
    std::ifstream in(log_);
    in.seekg(at_);
    std::string line;
    while (std::getline(in, line) && !in.eof()) {
      at_ = in.tellg();
      take(line);
    }
  }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] bool has(std::uint32_t device, std::uint64_t seq) const { return seen_.contains({device, seq}); }
  /// The newest lines since the last call, at most kEventsShown.
  std::vector<std::string> take_newest() { return std::exchange(newest_, {}); }

 private:
  void take(const std::string& line) {
    std::istringstream fields(line);
    std::string id;
    std::uint32_t device = 0;
    std::uint64_t seq = 0;
    fields >> id >> device >> seq;
    ++total_;
    seen_.insert({device, seq});
    newest_.push_back(fmt::format("{}  device {}, reading {}", id, device, seq));
    if (newest_.size() > kEventsShown) newest_.erase(newest_.begin());
  }
  std::filesystem::path log_;
  std::streamoff at_ = 0;
  std::uint64_t total_ = 0;
  std::set<std::pair<std::uint32_t, std::uint64_t>> seen_;
  std::vector<std::string> newest_;
};

/// Everything the demo runs.
class Demo {
 public:
  explicit Demo(Options options) : options_(std::move(options)), gateway_(options_.bin / "tidegate", dir_.path()) {}

  Status start() {
    const auto certs = testing::make_test_certs(dir_ / "certs");
    if (!certs) return certs.error();
    receiver_ = std::make_unique<test::ReceiverProcess>(options_.bin / "test_receiver", dir_.path(), certs->server_cert,
                                                        certs->server_key);
    if (auto up = receiver_->start(); !up) return up;
    arrivals_ = std::make_unique<Arrivals>(receiver_->accepted());
    auto broker = test::Mosquitto::start(dir_.path(), {});
    if (!broker) return broker.error();
    broker_ = std::move(*broker);
    std::filesystem::copy_file(options_.config, gateway_.config_path());
    const Status up = gateway_.start_ready({{"TIDEGATE_DEMO_DIR", dir_.path().string()},
                                            {"TIDEGATE_DEMO_BROKER_PORT", std::to_string(broker_->port())},
                                            {"TIDEGATE_DEMO_RECEIVER_PORT", std::to_string(receiver_->port())},
                                            {"TIDEGATE_DEMO_CA", certs->ca_cert.string()}});
    if (!up) return up;
    fmt::print("mosquitto on 127.0.0.1:{}, receiver on {}, gateway with {}, all under {}\n", broker_->port(),
               receiver_->url(), options_.config.string(), dir_.path().string());
    // Devices that publish before the gateway has subscribed publish into the void: that is MQTT.
    if (!test::wait_until(test::within(kSubscribeLimit),
                          [&] { return gateway_.state_of("source plant-floor") == "ok"; })) {
      return Error{ErrorCode::timeout, "the gateway did not subscribe:\n" + gateway_.log()};
    }
    start_devices();
    return {};
  }

  void show() {
    arrivals_->read_on();
    std::uint64_t published = 0;
    for (const auto& sent : sent_) published += sent;
    const auto status = nlohmann::json::parse(gateway_.get("/v1/status").body, nullptr, false);
    for (const auto& line : arrivals_->take_newest()) fmt::print("  {}\n", line);
    fmt::print("published {:>6}   arrived {:>6}", published, arrivals_->total());
    if (!status.is_discarded()) {
      for (const auto& lane : status["lanes"]) {
        const auto& books = lane["ledger"];
        fmt::print("   | lane {}: received {}, pending {}, delivered {}, dead {}", lane["name"].get<std::string>(),
                   books["received"].get<std::uint64_t>(), books["pending"].get<std::uint64_t>(),
                   books["delivered"].get<std::uint64_t>(), books["dead"].get<std::uint64_t>());
      }
    }
    fmt::print("\n");
    std::fflush(stdout);
  }

  /// Stops the devices, lets the rest arrive, stops everything. True: all that was published arrived, books balance.
  bool finish() {
    stop_.request_stop();
    threads_.clear();
    std::uint64_t published = 0;
    std::string trouble;
    for (const auto& report : reports_) {
      published += report.acknowledged;
      if (!report.trouble.empty()) trouble = report.trouble;
    }
    std::uint64_t missing = 0;
    test::wait_until(test::within(kDrainLimit), [&] { return (missing = count_missing()) == 0; });
    const auto status = gateway_.stop();
    const auto audit = gateway_.command({"audit"});
    fmt::print("\n{}\n", audit.output);
    fmt::print("published {}, arrived {}, missing {}; gateway ended with {}; the books {}\n", published,
               arrivals_->total(), missing, status.value_or(-1), audit.status == 0 ? "balance" : "DO NOT BALANCE");
    if (!trouble.empty()) fmt::print("a device stopped early: {}\n", trouble);
    const bool good = published > 0 && missing == 0 && status == 0 && audit.status == 0 && trouble.empty();
    if (!good) {
      dir_.keep();
      fmt::print("logs are in {}\n", dir_.path().string());
    }
    return good;
  }

 private:
  void start_devices() {
    for (std::uint32_t i = 0; i < kDevices; ++i) {
      test::PublisherOptions device;
      device.port = broker_->port();
      device.number = i + 1;
      device.rate = kRatePerDevice;
      device.sent_now = &sent_[i];
      threads_.emplace_back([this, device, i] { reports_[i] = test::publish(device, stop_.get_token()); });
    }
  }

  std::uint64_t count_missing() {
    arrivals_->read_on();
    std::uint64_t missing = 0;
    for (std::uint32_t i = 0; i < kDevices; ++i) {
      const auto& acknowledged = reports_[i].acknowledged_seqs;
      for (std::uint64_t seq = 1; seq < acknowledged.size(); ++seq) {
        if (acknowledged[seq] && !arrivals_->has(i + 1, seq)) ++missing;
      }
    }
    return missing;
  }

  Options options_;
  test::TempDir dir_;
  std::unique_ptr<test::ReceiverProcess> receiver_;
  std::unique_ptr<Arrivals> arrivals_;
  std::unique_ptr<test::Mosquitto> broker_;
  test::GatewayProcess gateway_;
  std::array<test::PublisherReport, kDevices> reports_;
  std::array<std::atomic<std::uint64_t>, kDevices> sent_{};
  std::stop_source stop_;
  std::vector<std::jthread> threads_;
};

/// Shows the counters every second until the time is up or a signal comes.
void watch(Demo& demo, const sigset_t& signals, std::optional<std::chrono::seconds> length) {
  const auto end = std::chrono::steady_clock::now() + length.value_or(std::chrono::hours(24 * 365));
  const timespec second{1, 0};
  while (std::chrono::steady_clock::now() < end && sigtimedwait(&signals, nullptr, &second) < 0) demo.show();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string length;
  CLI::App app("A broker, devices, the gateway and an HTTPS receiver on this machine, live.");
  app.add_option("--bin", options.bin, "where the programs are")->required();
  app.add_option("--config", options.config, "the gateway's config")->required();
  app.add_option("--for", length, "seconds, as 15 or 15s; left out: until Ctrl-C")->check([](const std::string& text) {
    const auto digits = text.find_first_not_of("0123456789");
    const bool good = digits != 0 && (digits == std::string::npos || text.substr(digits) == "s");
    return good ? std::string() : "write it like 15s";
  });
  CLI11_PARSE(app, argc, argv);
  if (!length.empty()) options.length = std::chrono::seconds(std::stoul(length));

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Demo demo(options);
  if (auto up = demo.start(); !up) {
    fmt::print(stderr, "demo: {}\n", up.error().message);
    return 1;
  }
  watch(demo, signals, options.length);
  return demo.finish() ? 0 : 1;
}
