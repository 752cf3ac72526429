#include "gateway/transform/jq/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "gateway/transform/jq/limits.h"
#include "gateway/transform/jq/wire.h"

namespace tidegate {

namespace {

/// What the new process is given: the socket, nowhere to write to, no other file, no environment, a process group of
/// its own, so that the terminal's signals pass it by.
class SpawnPlan {
 public:
  explicit SpawnPlan(int socket) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, socket, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  /// 0, or the errno.
  int run(const std::filesystem::path& worker, pid_t& pid) const {
    std::string name = "tidegate";
    std::string command(kJqWorkerCommand);
    char* const argv[] = {name.data(), command.data(), nullptr};
    char* const environment[] = {nullptr};
    return posix_spawn(&pid, worker.c_str(), &files_, &attributes_, argv, environment);
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// Bytes that no honest reply exceeds.
constexpr std::size_t kReplyBytesMax =
    limits::kJqOutputBytesMax + limits::kJqOutputsMax * kFrameHeadBytes + limits::kJqProgramBytesMax;

Error cannot_start(int number) {
  return {ErrorCode::unavailable, fmt::format("the jq process does not start: {}", std::strerror(number))};
}

std::string in_seconds(milliseconds time) {
  return time % milliseconds{1'000} == milliseconds{0} ? fmt::format("{} s", time.count() / 1'000)
                                                       : fmt::format("{} ms", time.count());
}

}  // namespace

Result<std::unique_ptr<JqProcess>> JqProcess::spawn(const std::filesystem::path& worker) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return cannot_start(errno);
  pid_t pid = 0;
  const int failed = SpawnPlan(ends[1]).run(worker, pid);
  close(ends[1]);
  if (failed != 0) {
    close(ends[0]);
    return cannot_start(failed);
  }
  return std::unique_ptr<JqProcess>(new JqProcess(ends[0], pid));
}

JqProcess::~JqProcess() {
  close(socket_);
  if (pid_ != 0) reap(true);
}

int JqProcess::reap(bool kill_first) {
  int status = 0;
  if (kill_first) kill(pid_, SIGKILL);
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return status;
}

bool JqProcess::takes_more() const noexcept { return sending_.size() - sent_ < limits::kJqChunkBytes; }

void JqProcess::send(std::string_view frame) {
  if (sent_ == sending_.size()) {
    sending_.clear();
    sent_ = 0;
  }
  append_frame(frame, sending_);
}

bool JqProcess::write_some() {
  const ssize_t written =
      ::send(socket_, sending_.data() + sent_, sending_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (written < 0) return errno == EAGAIN || errno == EINTR;
  sent_ += static_cast<std::size_t>(written);
  return true;
}

bool JqProcess::read_some() {
  received_.erase(0, std::exchange(taken_, 0));
  if (frame_length(received_).value_or(0) > kReplyBytesMax) return false;
  const std::size_t had = received_.size();
  received_.resize(had + limits::kJqChunkBytes);
  const ssize_t got = recv(socket_, received_.data() + had, limits::kJqChunkBytes, MSG_DONTWAIT);
  received_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  heard_ = got > 0;
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

bool JqProcess::exchange(SteadyTime until) {
  heard_ = false;
  const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
  pollfd state{socket_, POLLIN, 0};
  if (sent_ < sending_.size()) state.events |= POLLOUT;
  const int ready = poll(&state, 1, static_cast<int>(std::max(left, milliseconds{0}).count()));
  if (ready < 0) return errno == EINTR;
  if (ready == 0) return true;
  // What it said before it ended is read first.
  if ((state.revents & POLLIN) != 0) return read_some();
  if ((state.revents & (POLLHUP | POLLERR)) != 0) return false;
  return write_some();
}

std::optional<std::string_view> JqProcess::receive() {
  std::string_view rest = std::string_view(received_).substr(taken_);
  const std::optional<std::string_view> frame = take_frame(rest);
  if (frame) taken_ = received_.size() - rest.size();
  return frame;
}

JqProcess::End JqProcess::end(const JqBounds& bounds) {
  // Its end of the socket is closed by now, or it does not keep to the protocol: it is at its end, or is to be.
  shutdown(socket_, SHUT_RDWR);
  const int status = reap(false);
  if (WIFSIGNALED(status)) {
    const bool from_outside = WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGPIPE;
    return {fmt::format("the program's process was ended by signal {}", WTERMSIG(status)), !from_outside};
  }
  switch (static_cast<JqExit>(WEXITSTATUS(status))) {
    case JqExit::out_of_time: return {fmt::format("the program took longer than {}", in_seconds(bounds.time)), true};
    case JqExit::no_memory:
      return {fmt::format("the program needed more than {} MiB of memory", bounds.memory_bytes >> 20), true};
    case JqExit::crashed: return {"the program crashed", true};
    case JqExit::unbounded: return {"the jq process could not be bounded", false};
    case JqExit::done: break;
  }
  return {fmt::format("the jq process left with code {}", WEXITSTATUS(status)), false};
}

}  // namespace tidegate
