#include "tests/support/process/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "fmt/format.h"

namespace tidegate::test {
namespace {

constexpr milliseconds kLookAgain{5};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// In the child: never returns.
[[noreturn]] void become(const Command& command, char* const* argv, char* const* env, int report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);  // a Ctrl-C is for the one who started us; he decides about his children
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  close_range(3, ~0U,
              CLOSE_RANGE_CLOEXEC);  // a listening socket of ours that lived on in the child would keep its port
  const char* output = command.output.empty() ? "/dev/null" : command.output.c_str();
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (command.append ? O_APPEND : O_TRUNC);
  const int out = open(output, flags, 0644);
  const int err = command.errors.empty() ? out : open(command.errors.c_str(), flags, 0644);
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (out >= 0 && err >= 0 && in >= 0 && dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(err, 2) >= 0) {
    execvpe(argv[0], argv, env);
  }
  const int error = errno;
  [[maybe_unused]] const auto told = write(report, &error, sizeof error);
  _exit(127);
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& extra) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!extra.contains(std::string(text.substr(0, text.find('='))))) all.emplace_back(text);
  }
  for (const auto& [name, value] : extra) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Deadline within(milliseconds limit) { return {std::chrono::steady_clock::now() + limit}; }

bool wait_until(Deadline deadline, const std::function<bool()>& condition) {
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline.at) return false;
    poll(nullptr, 0, static_cast<int>(kLookAgain.count()));
  }
  return true;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  [[maybe_unused]] const int bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

bool accepts_connections(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port);
  const bool accepted = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return accepted;
}

Result<Process> Process::spawn(const Command& command) {
  std::vector<std::string> argv_text = command.argv;
  std::vector<std::string> env_text = environment_with(command.env);
  const auto argv = pointers(argv_text);
  const auto env = pointers(env_text);
  int report[2];  // closes on a successful exec; carries errno otherwise
  if (pipe2(report, O_CLOEXEC) != 0) return Error{ErrorCode::io, fmt::format("pipe: {}", std::strerror(errno))};
  const pid_t pid = fork();
  if (pid == 0) become(command, argv.data(), env.data(), report[1]);
  close(report[1]);
  int error = 0;
  const bool failed = pid < 0 || read(report[0], &error, sizeof error) == sizeof error;
  close(report[0]);
  if (failed) {
    if (pid > 0) waitpid(pid, nullptr, 0);
    return Error{ErrorCode::io, fmt::format("cannot start {}: {}", command.argv.front(), std::strerror(error))};
  }
  return Process(pid);
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    status_ = other.status_;
  }
  return *this;
}

Process::~Process() { kill(); }

bool Process::reap(int flags) {
  if (pid_ < 0 || status_) return true;
  int raw = 0;
  if (waitpid(pid_, &raw, flags) != pid_) return false;
  status_ = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  return true;
}

bool Process::running() { return !reap(WNOHANG); }

void Process::signal(int number) const {
  if (pid_ > 0 && !status_) ::kill(pid_, number);
}

std::optional<int> Process::wait(Deadline deadline) {
  if (!reap(WNOHANG)) {
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    const auto left = std::chrono::duration_cast<milliseconds>(deadline.at - std::chrono::steady_clock::now());
    pollfd ended{fd, POLLIN, 0};
    if (fd >= 0) poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (fd >= 0) close(fd);
    reap(WNOHANG);
  }
  return status_;
}

void Process::kill() {
  if (pid_ < 0 || status_) return;
  ::kill(pid_, SIGKILL);
  reap(0);
}

Finished run(std::vector<std::string> argv, Deadline deadline, std::map<std::string, std::string> env) {
  const TempDir dir;
  auto child = Process::spawn({std::move(argv), std::move(env), dir / "out", dir / "err"});
  if (!child) return {127, {}, child.error().message};
  Finished end;
  if (const auto status = child->wait(deadline)) {
    end.status = *status;
  } else {
    child->kill();
  }
  end.output = read_file(dir / "out");
  end.errors = read_file(dir / "err");
  return end;
}

Usage usage_of(pid_t pid) {
  Usage usage;
  const std::string base = fmt::format("/proc/{}/", pid);
  const std::string stat = read_file(base + "stat");
  if (const auto end = stat.rfind(')'); end != std::string::npos) {
    std::istringstream fields(stat.substr(end + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;  // state .. cmajflt; then utime, stime (proc(5))
    double user = 0;
    double system = 0;
    fields >> user >> system;
    usage.cpu_seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  const auto number_after = [](const std::string& text, std::string_view name) -> std::uint64_t {
    const auto at = text.find(name);
    return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + name.size(), nullptr, 10);
  };
  const std::string status = read_file(base + "status");
  usage.rss_kib = number_after(status, "VmRSS:");
  usage.rss_peak_kib = number_after(status, "VmHWM:");
  usage.written_bytes = number_after(read_file(base + "io"), "\nwrite_bytes:");
  return usage;
}

}  // namespace tidegate::test
