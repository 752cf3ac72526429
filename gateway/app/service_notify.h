#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate {

/// Tells the service manager how the process is doing. Does nothing when no service manager listens.
/// Written here because the protocol is one datagram, while libsystemd brings five libraries into memory.
/// *Threads*: safe from any. *Source*: sd_notify(3), sd_watchdog_enabled(3).
class ServiceNotify {
 public:
  using Interval = std::optional<std::chrono::microseconds>;

  /// What $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID say.
  static ServiceNotify from_environment();
  /// `socket`: a path, or a name in the abstract namespace written with a leading @; empty: nobody listens.
  ServiceNotify(std::string socket, Interval watchdog) : socket_(std::move(socket)), watchdog_(watchdog) {}

  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  void alive() const { send("WATCHDOG=1"); }
  /// One line for `systemctl status`.
  void status(std::string_view text) const { send("STATUS=" + std::string(text)); }

  /// How long the service manager waits for alive() before it restarts the process; nullopt: for ever.
  [[nodiscard]] Interval watchdog() const noexcept { return watchdog_; }

 private:
  void send(const std::string& message) const;

  std::string socket_;
  Interval watchdog_;
};

}  // namespace tidegate
