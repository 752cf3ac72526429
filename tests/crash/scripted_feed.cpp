#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "tests/crash/feed.h"
#include "tests/support/process/process.h"

namespace tidegate::crash {
namespace {

constexpr std::uint32_t kPublishers = 2;
constexpr std::uint32_t kKeys = 4;
constexpr double kRate = 4000;  // load enough to have batches in flight, little enough to check quickly
constexpr milliseconds kStartLimit{10'000};
constexpr milliseconds kStopLimit{10'000};

class ScriptedFeed final : public Feed {
 public:
  ScriptedFeed(std::filesystem::path dir, std::filesystem::path binary)
      : dir_(std::move(dir)), binary_(std::move(binary)) {}

  Status start() override {
    const auto output = dir_ / "broker.out";
    auto child = test::Process::spawn(
        {{binary_.string(), "--hold", "--log", log().string(), "--publishers", std::to_string(kPublishers), "--keys",
          std::to_string(kKeys), "--rate", std::to_string(kRate)},
         {},
         output,
         dir_ / "broker.err"});
    if (!child) return child.error();
    process_.emplace(std::move(*child));
    constexpr std::string_view kPrefix = "port ";
    test::wait_until(test::within(kStartLimit), [&] {
      const std::string text = test::read_file(output);
      if (text.starts_with(kPrefix) && text.ends_with('\n'))
        port_ = static_cast<std::uint16_t>(std::atoi(text.c_str() + kPrefix.size()));
      return port_ != 0 || !process_->running();
    });
    if (port_ != 0) return {};
    return Error{ErrorCode::unavailable, "scripted_broker did not start: " + test::read_file(dir_ / "broker.err")};
  }

  Status start_load() override {
    process_->signal(SIGUSR2);
    return {};
  }
  void kill() override { process_->signal(SIGUSR1); }
  Status restart() override { return {}; }
  void calm() override {}

  FedEvents finish() override {
    FedEvents fed;
    process_->signal(SIGTERM);
    if (process_->wait(test::within(kStopLimit)) != 0)
      fed.trouble = "scripted_broker: " + test::read_file(dir_ / "broker.out");
    std::istringstream lines(test::read_file(log()));
    std::string what;
    std::uint32_t publisher = 0;
    std::uint64_t seq = 0;
    while (lines >> what >> publisher >> seq) {
      if (what != "acked") continue;
      auto& owed = fed.owed[publisher];
      if (owed.size() <= seq) owed.resize(seq + 1, false);
      owed[seq] = true;
    }
    if (fed.owed.empty()) fed.trouble = "nothing was acknowledged";
    return fed;
  }

  void close() override { process_.reset(); }

  std::uint16_t port() const override { return port_; }
  std::uint32_t keys() const override { return kKeys; }
  bool forgets() const override { return false; }

 private:
  [[nodiscard]] std::filesystem::path log() const { return dir_ / "acknowledged.log"; }
  std::filesystem::path dir_, binary_;
  std::uint16_t port_ = 0;
  std::optional<test::Process> process_;
};

}  // namespace

std::unique_ptr<Feed> make_scripted_feed(const std::filesystem::path& dir, const std::filesystem::path& binary) {
  return std::make_unique<ScriptedFeed>(dir, binary);
}

}  // namespace tidegate::crash
