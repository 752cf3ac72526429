#include "gateway/app/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace tidegate {

namespace {

std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before threads start
  if (text == nullptr) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

}  // namespace

ServiceNotify ServiceNotify::from_environment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): before threads start
  Interval watchdog;
  const auto pid = number_in_environment("WATCHDOG_PID");
  const auto microseconds = number_in_environment("WATCHDOG_USEC");
  const bool for_us = !pid || *pid == static_cast<std::uint64_t>(getpid());
  if (microseconds && *microseconds > 0 && for_us) watchdog = std::chrono::microseconds(*microseconds);
  return {socket == nullptr ? "" : socket, watchdog};
}

void ServiceNotify::send(const std::string& message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  // A lost message is the service manager's loss: the data path does not depend on it.
  (void)sendto(fd, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length);
  close(fd);
}

}  // namespace tidegate
