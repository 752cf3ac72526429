#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/process/process.h"

namespace tidegate::test {

/// The answer to one HTTP request. `status` 0: no answer.
struct HttpAnswer {
  int status = 0;
  std::string body;
};
/// One request over a unix socket.
HttpAnswer http_over_unix(const std::filesystem::path& socket, std::string_view method, std::string_view target,
                          std::string_view body = {});

/// The tidegate program with a config, a data directory and an admin socket of its own, all in one directory.
class GatewayProcess {
 public:
  /// `config` must use data_dir() and admin(): see preamble().
  GatewayProcess(std::filesystem::path binary, std::filesystem::path dir);

  /// The `gateway:` section: id, data directory, admin socket. `more` are further lines in it, indented by two.
  [[nodiscard]] std::string preamble(std::string_view more = {}) const;
  void configure(std::string_view yaml) const { write_file(config_path(), yaml); }

  /// Starts `tidegate run`. Does not wait.
  Status start(const std::map<std::string, std::string>& env = {});
  /// start(), then until /readyz says 200.
  Status start_ready(const std::map<std::string, std::string>& env = {});
  bool wait_ready(Deadline deadline);

  [[nodiscard]] bool running() { return process_ && process_->running(); }
  [[nodiscard]] pid_t pid() const noexcept { return process_ ? process_->pid() : -1; }
  /// SIGTERM; the exit status, or nothing when it had to be killed after 30 s.
  std::optional<int> stop();
  void signal(int number) const {
    if (process_) process_->signal(number);
  }
  /// The exit status once it has ended by itself.
  std::optional<int> wait(Deadline deadline) { return process_ ? process_->wait(deadline) : std::nullopt; }
  /// SIGKILL.
  void kill() { process_.reset(); }

  [[nodiscard]] HttpAnswer get(std::string_view target) const { return http_over_unix(admin(), "GET", target); }
  /// The state of a component on the health board ("ok", "waiting", ...); empty when it is not on it or nobody answers.
  [[nodiscard]] std::string state_of(const std::string& component) const;
  /// What it says there for a person.
  [[nodiscard]] std::string detail_of(const std::string& component) const;
  /// An entry of the lanes' books ("pending", "delivered", ...), summed; nothing when nobody answers.
  [[nodiscard]] std::optional<std::uint64_t> books(const std::string& entry) const;
  /// `tidegate COMMAND... -c CONFIG`, live or cold.
  [[nodiscard]] Finished command(std::vector<std::string> words) const;

  [[nodiscard]] std::filesystem::path data_dir() const { return dir_ / "data"; }
  [[nodiscard]] std::filesystem::path admin() const { return dir_ / "admin.sock"; }
  [[nodiscard]] std::filesystem::path config_path() const { return dir_ / "tidegate.yaml"; }
  [[nodiscard]] std::filesystem::path log_path() const { return dir_ / "tidegate.log"; }
  [[nodiscard]] std::string log() const { return read_file(log_path()); }

 private:
  std::filesystem::path binary_, dir_;
  std::map<std::string, std::string> env_;
  std::optional<Process> process_;
};

}  // namespace tidegate::test
