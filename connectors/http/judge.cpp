#include "connectors/http/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connectors/http/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::http {
namespace {

std::string status_reason(const Reply& reply) { return fmt::format("HTTP {}", reply.status); }

std::string reason_with_body(const Reply& reply) {
  const std::string quoted = excerpt(reply.body, limits::kHttpExcerptBytesMax);
  return quoted.empty() ? status_reason(reply) : fmt::format("HTTP {}: {}", reply.status, quoted);
}

/// Where a redirect points, without its query, which may hold a signature.
std::string redirect_reason(const Reply& reply) {
  const std::string target = excerpt(reply.location.substr(0, reply.location.find('?')), limits::kHttpExcerptBytesMax);
  return fmt::format("HTTP {}: redirected to {}; set url to the new address, or follow_redirects to true", reply.status,
                     target.empty() ? "nowhere" : target);
}

/// The peer refused the content: one event is guilty, of several at least one is.
Verdict refused_content(const Reply& reply, std::size_t events, Cause cause) {
  return {{events == 1 ? Fate::rejected : Fate::retry, reason_with_body(reply)}, cause, std::nullopt};
}

Verdict judge_status(const Reply& reply, std::size_t events, WallTime now) {
  const long status = reply.status;
  if (status >= 200 && status < 300) return {{Fate::delivered, {}}, Cause::none, std::nullopt};
  if (status >= 300 && status < 400) return {{Fate::retry, redirect_reason(reply)}, Cause::peer_down, std::nullopt};
  switch (status) {
    case 401:
    case 403:
    case 407: return {{Fate::retry, status_reason(reply)}, Cause::unauthorized, std::nullopt};
    case 410: return {{Fate::retry, status_reason(reply)}, Cause::gone, std::nullopt};
    case 413: return refused_content(reply, events, Cause::too_large);
    default: break;
  }
  const auto wait = parse_retry_after(reply.retry_after, now);
  if (status == 429) return {{Fate::retry, status_reason(reply)}, Cause::throttled, wait};
  if (status == 408 || status == 425) return {{Fate::retry, status_reason(reply)}, Cause::peer_down, wait};
  // A gateway on the way gave up on the endpoint, which may have taken the events all the same.
  if (status == 502 || status == 504) return {{Fate::unknown, status_reason(reply)}, Cause::peer_down, wait};
  if (status >= 500) return {{Fate::retry, status_reason(reply)}, Cause::peer_down, wait};
  return refused_content(reply, events, Cause::poison_suspected);
}

Verdict judge_failure(const Reply& reply) {
  const std::string_view words = reply.error.empty() ? curl_easy_strerror(reply.code) : reply.error;
  if (!reply.request_sent) {
    return {{Fate::retry, fmt::format("not sent: {}", excerpt(words, limits::kHttpExcerptBytesMax))},
            Cause::peer_down,
            std::nullopt};
  }
  return {{Fate::unknown, fmt::format("no answer: {}", excerpt(words, limits::kHttpExcerptBytesMax))},
          Cause::peer_down,
          std::nullopt};
}

}  // namespace

std::string_view Reply::header(const char* name) const {
  curl_header* found = nullptr;
  const bool is_there = easy != nullptr && curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK;
  return is_there ? found->value : "";
}

Verdict judge(const Reply& reply, std::size_t events, WallTime now) {
  if (reply.code == CURLE_OK && reply.status != 0) return judge_status(reply, events, now);
  // A peer that refuses may close before it has read the body; its refusal counts. An acceptance that broke off does
  // not: what follows a 2xx may be the end of the proxy that wrote it.
  if (reply.status >= 400) return judge_status(reply, events, now);
  return judge_failure(reply);
}

std::optional<milliseconds> parse_retry_after(std::string_view value, WallTime now) {
  if (value.empty()) return std::nullopt;
  const auto longest = std::chrono::duration_cast<milliseconds>(limits::kHttpRetryAfterMax);
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (end == value.data() + value.size()) {
    const bool huge = error != std::errc() || seconds > static_cast<std::uint64_t>(longest.count());
    return huge ? longest : std::min(longest, milliseconds(std::chrono::seconds(seconds)));
  }
  const time_t date = curl_getdate(std::string(value).c_str(), nullptr);
  if (date == -1) return std::nullopt;
  const auto wait = WallTime(std::chrono::seconds(date)) - now;
  return std::clamp(wait, milliseconds(0), longest);
}

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  std::string_view cut = text.substr(0, bytes_max);
  // A cut inside a UTF-8 sequence leaves at most three bytes of it.
  for (int i = 0; i < 3 && cut.size() < text.size() && !is_utf8(cut); ++i) cut.remove_suffix(1);
  const bool utf8 = is_utf8(cut);
  std::string out;
  out.reserve(cut.size());
  for (const char c : cut) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += byte < 0x80 || utf8 ? c : '?';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace tidegate::http
