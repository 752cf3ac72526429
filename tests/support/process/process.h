#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "tests/support/files/temp_dir.h"

/// Real processes under test control: started, watched and ended by pid.
namespace tidegate::test {

/// `limit` from now on the steady clock.
Deadline within(milliseconds limit);

/// Waits until `condition` holds, looking again every few milliseconds. False: the deadline passed first.
bool wait_until(Deadline deadline, const std::function<bool()>& condition);

/// The whole file, or empty when it cannot be read.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view text);

/// A loopback port that was free a moment ago. Someone else may take it: for programs that cannot bind port 0
/// themselves, with a retry around the start.
std::uint16_t free_port();
/// True when something accepts TCP connections there.
bool accepts_connections(std::uint16_t port);

struct Command {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;  ///< on top of this process's own
  std::filesystem::path output;            ///< stdout goes there; empty: /dev/null
  std::filesystem::path errors;            ///< stderr goes there; empty: with stdout
  bool append = false;                     ///< keep what the files hold
};

/// A child process. It dies with the thread that started it and with this object.
class Process {
 public:
  /// *Errors*: io when the program cannot be executed.
  static Result<Process> spawn(const Command& command);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool running();
  void signal(int number) const;
  /// The exit status as a shell reports it (128 + n for signal n); nothing when it still runs at the deadline.
  std::optional<int> wait(Deadline deadline);
  /// SIGKILL, and waits for the end.
  void kill();

 private:
  explicit Process(pid_t pid) : pid_(pid) {}
  bool reap(int flags);
  pid_t pid_ = -1;
  std::optional<int> status_;
};

/// A finished run of a program.
struct Finished {
  int status = -1;  ///< -1: it had to be killed at the deadline
  std::string output;
  std::string errors;
};
/// Runs a program to its end.
Finished run(std::vector<std::string> argv, Deadline deadline, std::map<std::string, std::string> env = {});

/// What /proc says about a process.
struct Usage {
  double cpu_seconds = 0;  ///< user and system
  std::uint64_t rss_kib = 0;
  std::uint64_t rss_peak_kib = 0;
  std::uint64_t written_bytes = 0;  ///< handed to the block layer
};
Usage usage_of(pid_t pid);

}  // namespace tidegate::test
