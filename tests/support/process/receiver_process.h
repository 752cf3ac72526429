#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process/process.h"

namespace tidegate::test {

/// The HTTPS receiver as a process of its own, which may be killed: what it accepted is in its log before it answers.
class ReceiverProcess {
 public:
  /// `dir` takes its output, and its log of accepted events if it is to keep one.
  ReceiverProcess(std::filesystem::path binary, std::filesystem::path dir, std::filesystem::path server_cert,
                  std::filesystem::path server_key, bool log_events = true)
      : binary_(std::move(binary)),
        dir_(std::move(dir)),
        cert_(std::move(server_cert)),
        key_(std::move(server_key)),
        log_events_(log_events) {}

  /// The first start chooses the port; later ones use it again. Returns when it listens.
  Status start(const std::vector<std::string>& more = {});
  /// SIGKILL.
  void kill() { process_.reset(); }
  /// SIGTERM; what it printed last: its summary as JSON.
  std::string stop();

  [[nodiscard]] pid_t pid() const noexcept { return process_ ? process_->pid() : -1; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const;
  /// One line per accepted event, as test_receiver --log writes it.
  [[nodiscard]] std::filesystem::path accepted() const { return dir_ / "accepted.log"; }

 private:
  std::filesystem::path binary_, dir_, cert_, key_;
  bool log_events_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

}  // namespace tidegate::test
