#ifndef TIDEGATE_PORT_H
#define TIDEGATE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// All that the publisher needs of the machine: write these functions anew to move to another one. None may block, with
/// the exceptions named.

#ifdef __cplusplus
extern "C" {
#endif

/// Milliseconds since any moment; wraps.
uint32_t port_now_ms(void);

/// Different on every device and after every start, or all devices come back in the same moment.
uint32_t port_random(void);

/// Begins a connection and returns its handle (0 or greater), or -1. May block while the name is resolved.
int port_open(const char* host, const char* tcp_port);

/// 1: connected (with TLS: the handshake is done), 0: not yet, -1: failed.
int port_connected(int handle);

/// Bytes taken; 0: none now, -1: the connection is lost.
int port_send(int handle, const uint8_t* bytes, size_t size);

/// Bytes received; 0: none now, -1: the connection is lost or was closed by the server.
int port_receive(int handle, uint8_t* bytes, size_t room);

void port_close(int handle);

/// Blocks until something can be received (or sent, when `to_send`), and at most for so long. Handle -1: only waits.
void port_wait(int handle, bool to_send, uint32_t at_most_ms);

#ifdef __cplusplus
}
#endif
#endif
