#include "tests/support/process/receiver_process.h"

#include <fmt/format.h>

#include <cstdlib>

namespace tidegate::test {
namespace {

constexpr milliseconds kStartLimit{10'000};
constexpr milliseconds kStopLimit{10'000};

}  // namespace

Status ReceiverProcess::start(const std::vector<std::string>& more) {
  std::vector<std::string> argv{binary_.string(), "--port",       std::to_string(port_),
                                "--tls",          cert_.string(), key_.string()};
  if (log_events_) argv.insert(argv.end(), {"--log", accepted().string()});
  argv.insert(argv.end(), more.begin(), more.end());
  const auto output = dir_ / "receiver.out";
  auto child = Process::spawn({argv, {}, output, dir_ / "receiver.err"});
  if (!child) return child.error();
  process_.emplace(std::move(*child));
  const auto printed_port = [&] { return static_cast<std::uint16_t>(std::atoi(read_file(output).c_str())); };
  wait_until(within(kStartLimit), [&] { return !process_->running() || printed_port() != 0; });
  port_ = printed_port();
  if (port_ != 0 && process_->running()) return {};
  return Error{ErrorCode::unavailable,
               fmt::format("test_receiver did not start: {}", read_file(dir_ / "receiver.err"))};
}

std::string ReceiverProcess::stop() {
  if (!process_) return {};
  process_->signal(SIGTERM);
  process_->wait(within(kStopLimit));
  process_.reset();
  const std::string output = read_file(dir_ / "receiver.out");
  const auto line = output.find('{');
  return line == std::string::npos ? output : output.substr(line);
}

std::string ReceiverProcess::url() const { return fmt::format("https://localhost:{}/events", port_); }

}  // namespace tidegate::test
