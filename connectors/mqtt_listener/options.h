#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "connectors/mqtt_listener/acl.h"
#include "connectors/mqtt_listener/limits.h"
#include "connectors/net/server_tls.h"
#include "gateway/base/clock.h"
#include "gateway/net/listen_address.h"

namespace tidegate::mqtt_listener {

/// What a user can say about a source of type `mqtt_listener`. The initialisers are the defaults.
struct ListenerOptions {
  ListenAddress listen{.unix_socket = false, .path = {}, .host = "127.0.0.1", .port = 1883};
  bool allow_anonymous = false;
  bool allow_anonymous_remote = false;
  std::filesystem::path users_file;
  std::vector<AclRule> acl;
  std::optional<TlsServerOptions> tls;
  bool use_subject_as_user = false;
  std::uint32_t max_connections = 1000;
  std::size_t max_packet_bytes = limits::kPacketBytesMax;
  std::size_t in_flight_bytes = 4u << 20;
  std::uint16_t receive_maximum = 1000;
  std::uint16_t topic_alias_maximum = 64;
  std::uint32_t rate_limit = 0;
  milliseconds connect_timeout{10'000};
  std::chrono::seconds keep_alive_max{600};
  std::chrono::seconds session_expiry_max{7 * 86'400};
  std::uint32_t max_sessions = 10'000;
};

}  // namespace tidegate::mqtt_listener
