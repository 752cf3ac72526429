#pragma once

#include <string>
#include <string_view>

#include "connectors/http/header_lines.h"

namespace tidegate::http {

/// One request before it is proved and sent. Its memory is used again for the next.
struct Request {
  std::string method = "POST";
  std::string url;  ///< absolute, percent-encoded as it goes out
  HeaderLines headers;
  std::string body;  ///< none is sent with GET and HEAD
  /// Sent in place of `body`, when it is not empty. Stays as it is until the request has ended.
  std::string_view borrowed;
  std::string key;  ///< the same for the same events in the same order, on every sending: idempotency_key(); else empty

  [[nodiscard]] std::string_view content() const noexcept {
    return borrowed.empty() ? std::string_view(body) : borrowed;
  }

  /// Empties all of it; the method is POST again.
  void clear();
  /// Gives memory back beyond limits::kHttpBodyBytesKept.
  void trim();
};

}  // namespace tidegate::http
