#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/process/process.h"

namespace tidegate::test {

struct MosquittoOptions {
  bool persistence = true;
  std::optional<int> max_inflight;      ///< unset: Debian's default, 20
  std::optional<int> max_queued;        ///< unset: Debian's default, 1000; 0: no limit
  std::filesystem::path ca, cert, key;  ///< set: TLS
  bool require_client_certificate = false;
  std::string more;  ///< further lines of mosquitto.conf
};

/// A real mosquitto with a configuration, a port and a directory of its own. Never the machine's.
class Mosquitto {
 public:
  /// Starts it and waits until it accepts connections. `dir` must exist.
  static Result<std::unique_ptr<Mosquitto>> start(const std::filesystem::path& dir, const MosquittoOptions& options);
  /// A broker that is not running yet, with its port already chosen.
  static std::unique_ptr<Mosquitto> prepare(const std::filesystem::path& dir, const MosquittoOptions& options);

  /// Starts it (again) on the same port with what its directory holds.
  Status restart();
  /// SIGTERM: it writes its database first.
  void stop();
  /// SIGKILL: it forgets what it has not written.
  void kill();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// For a source's `broker`.
  [[nodiscard]] std::string uri() const;
  [[nodiscard]] pid_t pid() const noexcept { return process_ ? process_->pid() : -1; }
  [[nodiscard]] std::string log() const { return read_file(dir_ / "mosquitto.log"); }

 private:
  Mosquitto(std::filesystem::path dir, MosquittoOptions options);
  void configure() const;
  std::filesystem::path dir_;
  MosquittoOptions options_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

}  // namespace tidegate::test
