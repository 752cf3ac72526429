#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace tidegate {

/// Where something listens: "127.0.0.1:8686", "[::1]:8686", "localhost:8686" or "unix:/run/tidegate/admin.sock".
struct ListenAddress {
  bool unix_socket = false;
  std::string path;  ///< of the unix socket
  std::string host;  ///< a numeric address; "localhost" is 127.0.0.1
  std::uint16_t port = 0;

  /// *Errors*: invalid, with a phrase that goes on after the offending text, remedy included.
  static Result<ListenAddress> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  /// True when only this machine can reach it.
  [[nodiscard]] bool is_local() const;
};

}  // namespace tidegate
