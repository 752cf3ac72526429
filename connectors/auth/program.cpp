#include "connectors/auth/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include "connectors/auth/limits.h"

namespace tidegate::auth {
namespace {

/// A descriptor that closes with its scope.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }
  [[nodiscard]] int get() const noexcept { return fd_; }
  void reset() noexcept {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

Error too_long() { return {ErrorCode::unavailable, "takes too long"}; }

/// Nothing to read, nowhere to complain (it might quote the credential), standard output into `out`, no other file, a
/// process group of its own.
Result<pid_t> start(const std::vector<std::string>& arguments, int out) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> argv;
  // posix_spawn takes char* and changes nothing.
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) return Error{ErrorCode::invalid, fmt::format("does not start: {}", std::strerror(failed))};
  return pid;
}

int until_ms(SteadyTime until) {
  return static_cast<int>(std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()).count());
}

/// Kills the program and its group unless it ends by itself in time. Its status; nullopt: it had to be killed.
std::optional<int> end(pid_t pid, SteadyTime until) {
  const Fd watched(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  bool ended = false;
  while (!ended) {
    const int left = until_ms(until);
    pollfd waiting{watched.get(), POLLIN, 0};
    const int ready = left > 0 && watched.get() >= 0 ? poll(&waiting, 1, left) : 0;
    ended = ready > 0;
    if (ready == 0 || (ready < 0 && errno != EINTR)) break;
  }
  if (!ended) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return ended ? std::optional(status) : std::nullopt;
}

/// Reads to the end of the output. *Errors*: unavailable.
Result<std::string> read_all(int fd, SteadyTime until) {
  std::string out;
  std::array<char, 4096> buffer{};
  for (;;) {
    const int left = until_ms(until);
    if (left <= 0) return too_long();
    pollfd waiting{fd, POLLIN, 0};
    const int ready = poll(&waiting, 1, left);
    if (ready < 0 && errno != EINTR) return Error{ErrorCode::unavailable, std::strerror(errno)};
    if (ready <= 0) continue;
    const ssize_t bytes = read(fd, buffer.data(), buffer.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return Error{ErrorCode::unavailable, std::strerror(errno)};
    if (bytes == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(bytes));
    if (out.size() > limits::kProgramOutputBytesMax) {
      return Error{ErrorCode::unavailable, fmt::format("prints more than {} bytes", limits::kProgramOutputBytesMax)};
    }
  }
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < command.size(); ++i) {
    char c = command[i];
    if (c == '\0') return Error{ErrorCode::invalid, "holds a zero byte"};
    if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == '\0' ? c == '"' || c == '\'' : c == quote) {
      quote = quote == '\0' ? c : '\0';
      continue;
    }
    if (c == '\\' && quote != '\'') {
      const bool escapes =
          quote == '\0' || (i + 1 < command.size() && (command[i + 1] == '"' || command[i + 1] == '\\'));
      if (i + 1 == command.size()) return Error{ErrorCode::invalid, "ends with a backslash"};
      if (escapes) c = command[++i];
    }
    words.back() += c;
  }
  if (quote != '\0') return Error{ErrorCode::invalid, "has an open quote"};
  if (words.empty()) return Error{ErrorCode::invalid, "is empty"};
  return words;
}

Result<std::string> run_program(const std::vector<std::string>& arguments, milliseconds limit) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{ErrorCode::unavailable, std::strerror(errno)};
  const Fd from(ends[0]);
  Fd to(ends[1]);
  const auto pid = start(arguments, to.get());
  if (!pid) return pid.error();
  to.reset();
  const SteadyTime until = std::chrono::steady_clock::now() + limit;
  auto output = read_all(from.get(), until);
  const auto status = end(*pid, output ? until : std::chrono::steady_clock::now());
  if (!output) return output;
  if (!status) return too_long();
  if (WIFSIGNALED(*status)) return Error{ErrorCode::unavailable, fmt::format("ended by signal {}", WTERMSIG(*status))};
  if (WEXITSTATUS(*status) != 0) {
    return Error{ErrorCode::unavailable, fmt::format("ends with status {}", WEXITSTATUS(*status))};
  }
  return output;
}

}  // namespace tidegate::auth
