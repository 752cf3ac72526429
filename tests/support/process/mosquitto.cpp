#include "tests/support/process/mosquitto.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

namespace tidegate::test {
namespace {

constexpr milliseconds kStartLimit{10'000};
constexpr milliseconds kStopLimit{10'000};
constexpr int kPortAttempts = 5;

}  // namespace

Mosquitto::Mosquitto(std::filesystem::path dir, MosquittoOptions options)
    : dir_(std::move(dir)), options_(std::move(options)), port_(free_port()) {}

void Mosquitto::configure() const {
  std::string text = fmt::format(
      "listener {} 127.0.0.1\nallow_anonymous true\npersistence {}\npersistence_location {}/\n"
      "log_dest file {}/mosquitto.log\n",
      port_, options_.persistence, dir_.string(), dir_.string());
  if (geteuid() == 0) text += "user root\n";  // it would drop to a user that cannot write here
  if (options_.max_inflight) text += fmt::format("max_inflight_messages {}\n", *options_.max_inflight);
  if (options_.max_queued) text += fmt::format("max_queued_messages {}\n", *options_.max_queued);
  if (!options_.cert.empty()) {
    text += fmt::format("cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate {}\n", options_.ca.string(),
                        options_.cert.string(), options_.key.string(), options_.require_client_certificate);
  }
  write_file(dir_ / "mosquitto.conf", text + options_.more);
}

std::unique_ptr<Mosquitto> Mosquitto::prepare(const std::filesystem::path& dir, const MosquittoOptions& options) {
  return std::unique_ptr<Mosquitto>(new Mosquitto(dir, options));
}

Result<std::unique_ptr<Mosquitto>> Mosquitto::start(const std::filesystem::path& dir, const MosquittoOptions& options) {
  std::string why;
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {  // somebody may take the port between choice and use
    auto broker = prepare(dir, options);
    const Status started = broker->restart();
    if (started) return broker;
    why = started.error().message;
  }
  return Error{ErrorCode::unavailable, why};
}

Status Mosquitto::restart() {
  configure();
  auto child = Process::spawn(
      {{"/usr/sbin/mosquitto", "-c", (dir_ / "mosquitto.conf").string()}, {}, dir_ / "mosquitto.out", {}, true});
  if (!child) return child.error();
  process_.emplace(std::move(*child));
  const bool up = wait_until(within(kStartLimit), [&] { return !process_->running() || accepts_connections(port_); });
  if (up && process_->running()) return {};
  process_->kill();
  return Error{ErrorCode::unavailable,
               fmt::format("mosquitto did not start: {}{}", log(), read_file(dir_ / "mosquitto.out"))};
}

void Mosquitto::stop() {
  if (!process_) return;
  process_->signal(SIGTERM);
  process_->wait(within(kStopLimit));
  process_.reset();
}

void Mosquitto::kill() { process_.reset(); }

std::string Mosquitto::uri() const {
  return fmt::format("{}://localhost:{}", options_.cert.empty() ? "mqtt" : "mqtts", port_);
}

}  // namespace tidegate::test
