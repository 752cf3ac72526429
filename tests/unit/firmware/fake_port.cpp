#include "tests/unit/firmware/fake_port.h"

#include <algorithm>
#include <cstring>

#include "port.h"

namespace tidegate::test {

FakePort& fake_port() {
  static FakePort port;
  return port;
}

}  // namespace tidegate::test

using tidegate::test::fake_port;

uint32_t port_now_ms() { return fake_port().now_ms; }

uint32_t port_random() { return fake_port().random; }

int port_open(const char* /*host*/, const char* /*tcp_port*/) {
  ++fake_port().opened;
  if (!fake_port().resolves) return -1;
  fake_port().lost = false;
  return 7;
}

int port_connected(int /*handle*/) { return fake_port().connected; }

int port_send(int /*handle*/, const uint8_t* bytes, size_t size) {
  const std::size_t taken = std::min(size, fake_port().takes);
  fake_port().from_device.append(reinterpret_cast<const char*>(bytes), taken);
  if (fake_port().takes != SIZE_MAX) fake_port().takes -= taken;
  return static_cast<int>(taken);
}

int port_receive(int /*handle*/, uint8_t* bytes, size_t room) {
  std::string& waiting = fake_port().to_device;
  const std::size_t size = std::min(room, waiting.size());
  std::memcpy(bytes, waiting.data(), size);
  waiting.erase(0, size);
  return size > 0 ? static_cast<int>(size) : fake_port().lost ? -1 : 0;
}

void port_close(int /*handle*/) {
  ++fake_port().closed;
  fake_port().to_device.clear();
}

void port_wait(int /*handle*/, bool /*to_send*/, uint32_t at_most_ms) { fake_port().now_ms += at_most_ms; }
