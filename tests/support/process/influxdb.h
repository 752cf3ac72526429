#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/process/process.h"

namespace tidegate::test {

/// A real InfluxDB 1 with a configuration, a port and a directory of its own. Never the machine's.
class InfluxDb {
 public:
  /// False: the machine has none; `apt install influxdb`.
  static bool installed();
  /// Starts it and waits until it listens. `dir` must exist. `auth`: it wants a user and a password.
  static Result<std::unique_ptr<InfluxDb>> start(const std::filesystem::path& dir, bool auth = false);

  /// Starts it (again) on the same port with what its directory holds.
  Status restart();
  /// SIGTERM.
  void stop();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string log() const { return read_file(dir_ / "influxd.log"); }

 private:
  InfluxDb(std::filesystem::path dir, bool auth) : dir_(std::move(dir)), auth_(auth), port_(free_port()) {}
  void configure() const;

  std::filesystem::path dir_;
  bool auth_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

}  // namespace tidegate::test
