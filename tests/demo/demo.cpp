// tidegate_demo: what `./dev run` shows. The gateway, an HTTPS receiver, and a device at each of the gateway's doors,
// all on loopback and in one temporary directory; live counters; and at the end a count of what was handed over against
// what arrived.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "tests/demo/feeds.h"
#include "tests/support/http/http_client.h"
#include "tests/support/process/gateway.h"
#include "tests/support/process/receiver_process.h"
#include "tests/support/receiver/test_certs.h"

namespace {

using namespace tidegate;

constexpr milliseconds kListenLimit{20'000};
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
    ++total_;
    if (fields >> id >> device >> seq) {
      seen_.insert({device, seq});
      newest_.push_back(fmt::format("{}  device {}, reading {}", id, device, seq));
    } else {
      newest_.push_back(fmt::format("{}  not from a device of the demo", id));
    }
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
    std::filesystem::create_directory(folder());
    std::filesystem::copy_file(options_.config, gateway_.config_path());
    Status up = gateway_.start_ready({{"TIDEGATE_DEMO_DIR", dir_.path().string()},
                                      {"TIDEGATE_DEMO_MQTT_PORT", "0"},
                                      {"TIDEGATE_DEMO_HTTP_PORT", "0"},
                                      {"TIDEGATE_DEMO_RECEIVER_PORT", std::to_string(receiver_->port())},
                                      {"TIDEGATE_DEMO_CA", certs->ca_cert.string()}});
    if (!up) return up;
    const std::uint16_t mqtt = port_of("source devices");
    const std::uint16_t http = port_of("source programs");
    if (mqtt == 0 || http == 0) return Error{ErrorCode::timeout, "the gateway does not listen:\n" + gateway_.log()};
    introduce(mqtt, http);
    feeds_.push_back(demo::mqtt_device(1, mqtt));
    feeds_.push_back(demo::http_program(2, http));
    feeds_.push_back(demo::csv_exporter(3, folder()));
    for (const auto& feed : feeds_) {
      threads_.emplace_back([this, each = feed.get()] { each->run(stop_.get_token()); });
    }
    return {};
  }

  void show() {
    arrivals_->read_on();
    for (const auto& line : arrivals_->take_newest()) fmt::print("  {}\n", line);
    for (const auto& feed : feeds_) fmt::print("{} {}   ", feed->what(), feed->sent());
    fmt::print("arrived {}\n", arrivals_->total());
    const auto status = nlohmann::json::parse(gateway_.get("/v1/status").body, nullptr, false);
    if (!status.is_discarded()) {
      for (const auto& lane : status["lanes"]) {
        const auto& books = lane["ledger"];
        fmt::print("  lane {}: received {}, pending {}, delivered {}, dead {}\n", lane["name"].get<std::string>(),
                   books["received"].get<std::uint64_t>(), books["pending"].get<std::uint64_t>(),
                   books["delivered"].get<std::uint64_t>(), books["dead"].get<std::uint64_t>());
      }
    }
    std::fflush(stdout);
  }

  /// Stops the devices, lets the rest arrive, stops everything. True: all that was accepted arrived, books balance.
  bool finish() {
    stop_.request_stop();
    threads_.clear();
    std::uint64_t accepted = 0;
    std::string trouble;
    for (const auto& feed : feeds_) {
      accepted += feed->accepted().size();
      if (!feed->trouble().empty()) trouble = fmt::format("{}: {}", feed->what(), feed->trouble());
    }
    std::uint64_t missing = 0;
    test::wait_until(test::within(kDrainLimit), [&] { return (missing = count_missing()) == 0; });
    const auto status = gateway_.stop();
    const auto audit = gateway_.command({"audit"});
    fmt::print("\n{}\n", audit.output);
    fmt::print("handed over {}, arrived {}, missing {}; gateway ended with {}; the books {}\n", accepted,
               arrivals_->total(), missing, status.value_or(-1), audit.status == 0 ? "balance" : "DO NOT BALANCE");
    if (!trouble.empty()) fmt::print("a device stopped early: {}\n", trouble);
    const bool good = accepted > 0 && missing == 0 && status == 0 && audit.status == 0 && trouble.empty();
    if (!good) {
      dir_.keep();
      fmt::print("logs are in {}\n", dir_.path().string());
    }
    return good;
  }

 private:
  [[nodiscard]] std::filesystem::path folder() const { return dir_ / "drop"; }

  /// Where a source listens, once it does; 0: it does not.
  [[nodiscard]] std::uint16_t port_of(const std::string& component) const {
    std::uint16_t port = 0;
    test::wait_until(test::within(kListenLimit),
                     [&] { return (port = test::port_in(gateway_.detail_of(component))) != 0; });
    return port;
  }

  void introduce(std::uint16_t mqtt, std::uint16_t http) const {
    fmt::print(R"(The gateway runs with {}; what it delivers goes to a receiver on {}.
Three devices feed it. Join in from another terminal:

  mosquitto_pub -p {} -q 1 -t hello/mqtt -m 'from MQTT'
  curl -d 'from HTTP' http://127.0.0.1:{}/v1/topics/hello/http
  cp FILE.csv {}/

)",
               options_.config.string(), receiver_->url(), mqtt, http, folder().string());
  }

  std::uint64_t count_missing() {
    arrivals_->read_on();
    std::uint64_t missing = 0;
    for (const auto& feed : feeds_) {
      for (const std::uint64_t seq : feed->accepted()) {
        if (!arrivals_->has(feed->number(), seq)) ++missing;
      }
    }
    return missing;
  }

  Options options_;
  test::TempDir dir_;
  std::unique_ptr<test::ReceiverProcess> receiver_;
  std::unique_ptr<Arrivals> arrivals_;
  test::GatewayProcess gateway_;
  std::vector<std::unique_ptr<demo::Feed>> feeds_;
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
  CLI::App app("The gateway with three devices and an HTTPS receiver on this machine, live.");
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
