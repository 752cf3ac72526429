#define _POSIX_C_SOURCE 200809L

#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint32_t port_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

uint32_t port_random(void) {
  uint32_t value = 0;
  const int source = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (source < 0 || read(source, &value, sizeof value) != (ssize_t)sizeof value)
    value = port_now_ms() * 2654435761u ^ (uint32_t)getpid();
  if (source >= 0) close(source);
  return value;
}

static int open_address(const struct addrinfo* address) {
  const int handle = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
  if (handle < 0) return -1;
  const int on = 1;
  setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fcntl(handle, F_SETFD, FD_CLOEXEC) == 0 && fcntl(handle, F_SETFL, O_NONBLOCK) == 0 &&
      (connect(handle, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS))
    return handle;
  close(handle);
  return -1;
}

int port_open(const char* host, const char* tcp_port) {
  // libc's resolver uses the heap; nothing else here does.
  struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo* found = NULL;
  if (getaddrinfo(host, tcp_port, &wanted, &found) != 0) return -1;
  // Only the first address is tried per attempt, and any of them the next time.
  uint32_t count = 0;
  for (const struct addrinfo* each = found; each != NULL; each = each->ai_next) ++count;
  const struct addrinfo* chosen = found;
  for (uint32_t skip = port_random() % count; skip > 0; --skip) chosen = chosen->ai_next;
  const int handle = open_address(chosen);
  freeaddrinfo(found);
  return handle;
}

int port_connected(int handle) {
  struct pollfd wanted = {.fd = handle, .events = POLLOUT};
  if (poll(&wanted, 1, 0) == 0) return 0;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0 ? 1 : -1;
}

static bool try_later(void) { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int port_send(int handle, const uint8_t* bytes, size_t size) {
  const ssize_t sent = send(handle, bytes, size, MSG_NOSIGNAL);
  return sent >= 0 ? (int)sent : try_later() ? 0 : -1;
}

int port_receive(int handle, uint8_t* bytes, size_t room) {
  const ssize_t received = recv(handle, bytes, room, 0);
  return received > 0 ? (int)received : received < 0 && try_later() ? 0 : -1;
}

void port_close(int handle) { close(handle); }

void port_wait(int handle, bool to_send, uint32_t at_most_ms) {
  struct pollfd wanted = {.fd = handle, .events = (short)(POLLIN | (to_send ? POLLOUT : 0))};
  poll(&wanted, 1, at_most_ms > 60000 ? 60000 : (int)at_most_ms);
}
