#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>
#include <string_view>

#include "connectors/connector.h"

namespace tidegate::http {

/// How a request ended, as far as its fate depends on it.
struct Reply {
  CURLcode code = CURLE_OK;
  std::string_view error;     ///< libcurl's words when code is not CURLE_OK
  bool request_sent = false;  ///< at least one byte of the request left
  long status = 0;            ///< 0: no final status line came
  std::string_view retry_after, location, body;
  bool cut = false;      ///< the body is only the start of a longer one
  CURL* easy = nullptr;  ///< where header() looks; null: there are no headers

  /// The last header of that name in the final answer; empty: there is none. Valid as long as the reply is.
  [[nodiscard]] std::string_view header(const char* name) const;
};

struct Verdict {
  Outcome outcome;
  Cause cause = Cause::none;
  std::optional<milliseconds> retry_after;
};

/// What a reply means for a batch of `events` events. `now` turns a Retry-After date into a duration.
/// The reason quotes at most limits::kHttpExcerptBytesMax of the body, and only where the peer refused the content.
Verdict judge(const Reply& reply, std::size_t events, WallTime now);

/// Seconds or an HTTP-date (RFC 9110, section 10.2.3); nullopt when it is neither.
std::optional<milliseconds> parse_retry_after(std::string_view value, WallTime now);

/// The start of a text from outside, fit for a log line: one line, valid UTF-8, at most `bytes_max` bytes.
std::string excerpt(std::string_view text, std::size_t bytes_max);

}  // namespace tidegate::http
