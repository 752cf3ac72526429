#include "gateway/app/service_notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace tidegate {
namespace {

/// The service manager's end of the socket.
class ServiceManager {
 public:
  explicit ServiceManager(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0);
  }
  ~ServiceManager() { close(fd_); }
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  std::string receive() {
    std::array<char, 256> buffer{};
    const ssize_t size = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  int fd_;
};

std::string own(const std::string& name) { return name + std::to_string(getpid()); }

TEST(ServiceNotify, SaysEachThingInOneDatagram) {
  const std::string path = own(::testing::TempDir() + "tidegate-notify-");
  ServiceManager manager(path);
  const ServiceNotify notify(path, std::nullopt);
  notify.ready();
  EXPECT_EQ(manager.receive(), "READY=1");
  notify.status("3 events pending");
  EXPECT_EQ(manager.receive(), "STATUS=3 events pending");
  notify.alive();
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
  notify.stopping();
  EXPECT_EQ(manager.receive(), "STOPPING=1");
  unlink(path.c_str());
}

TEST(ServiceNotify, KnowsAbstractSockets) {
  const std::string name = own("@tidegate-notify-");
  ServiceManager manager(name);
  ServiceNotify(name, std::nullopt).ready();
  EXPECT_EQ(manager.receive(), "READY=1");
}

TEST(ServiceNotify, IsSilentWithoutAServiceManager) {
  ServiceNotify("", std::nullopt).ready();
  ServiceNotify("/nonexistent/notify", std::nullopt).ready();
}

TEST(ServiceNotify, TheWatchdogIsOursOnlyWhenItNamesThisProcess) {
  setenv("WATCHDOG_USEC", "60000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(ServiceNotify::from_environment().watchdog(), std::chrono::seconds{60});
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceNotify::from_environment().watchdog(), std::nullopt);
  unsetenv("WATCHDOG_PID");
  setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_EQ(ServiceNotify::from_environment().watchdog(), std::nullopt);
  unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace tidegate
