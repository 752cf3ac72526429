#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/transform/jq/bounds.h"

namespace tidegate {

/// A jq process and the socket to it. The process ends, and is reaped, with this object; should the gateway itself
/// end, it finds its socket closed. *Threads*: one user at a time.
class JqProcess {
 public:
  /// How a process ended.
  struct End {
    std::string reason;
    /// The first event without an answer brought it about. Otherwise somebody from outside did.
    bool by_event = false;
  };

  /// Starts one that waits for its order. `worker` is the gateway's program. *Errors*: unavailable.
  static Result<std::unique_ptr<JqProcess>> spawn(const std::filesystem::path& worker);
  JqProcess(const JqProcess&) = delete;
  JqProcess& operator=(const JqProcess&) = delete;
  ~JqProcess();

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Room for more frames to send.
  [[nodiscard]] bool takes_more() const noexcept;
  void send(std::string_view frame);
  /// Sends and receives what can be, *blocks* until something could or `until`. False: the process has ended, or said
  /// what none says; the replies that came before are there.
  bool exchange(SteadyTime until);
  /// The next reply; valid until the next exchange(). Nothing: it is not here yet.
  std::optional<std::string_view> receive();
  /// True when the last exchange() brought bytes.
  [[nodiscard]] bool heard() const noexcept { return heard_; }
  /// Waits for a process that has ended, or ends it. `bounds` is what it was ordered.
  End end(const JqBounds& bounds);

 private:
  JqProcess(int socket, pid_t pid) : socket_(socket), pid_(pid) {}
  bool write_some();
  bool read_some();
  int reap(bool kill_first);

  int socket_;
  pid_t pid_;  ///< 0 once it is reaped
  std::string sending_;
  std::size_t sent_ = 0;
  std::string received_;
  std::size_t taken_ = 0;
  bool heard_ = false;
};

}  // namespace tidegate
