#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "gateway/base/result.h"
#include "gateway/net/listen_address.h"

namespace tidegate {

struct AdminReply {
  std::uint16_t status = 0;
  std::string body;
};

/// Makes one call to a running gateway. `body` goes out as JSON when it is not empty. *Blocks* for at most `timeout`.
/// *Errors*: unavailable (nobody listens), refused (no permission for the socket), timeout, io.
Result<AdminReply> admin_call(const ListenAddress& at, const std::string& method, const std::string& target,
                              const std::string& body = {},
                              std::chrono::milliseconds timeout = std::chrono::seconds{20});

}  // namespace tidegate
