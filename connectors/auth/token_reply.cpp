#include "connectors/auth/token_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "connectors/auth/encoding.h"
#include "connectors/auth/limits.h"
#include "connectors/http/judge.h"
#include "gateway/event/json_text.h"

namespace tidegate::auth {

namespace {

/// The members that count, as they are written; empty: not there.
struct Members {
  std::string_view access_token, id_token, token_type, expires_in, error, error_description;
};

struct Member {
  std::string_view name;
  std::string_view Members::*value;
};
constexpr std::array<Member, 6> kMembers = {{{"access_token", &Members::access_token},
                                             {"id_token", &Members::id_token},
                                             {"token_type", &Members::token_type},
                                             {"expires_in", &Members::expires_in},
                                             {"error", &Members::error},
                                             {"error_description", &Members::error_description}}};

/// Nullopt: the body is not one JSON object whose names are unique.
std::optional<Members> read_members(std::string_view body) {
  if (!is_embeddable_json(body)) return std::nullopt;
  JsonItems items(body);
  if (!items.is_object()) return std::nullopt;
  Members members;
  while (items.next()) {
    const std::string name = json_string_content(items.key());
    const auto known = std::ranges::find(kMembers, name, &Member::name);
    if (known == kMembers.end()) continue;
    std::string_view& value = members.*(known->value);
    if (!value.empty()) return std::nullopt;
    value = items.value();
  }
  if (items.failed()) return std::nullopt;
  return members;
}

/// A JSON string's content; empty when it is something else.
std::string text_of(std::string_view written) {
  return written.starts_with('"') ? json_string_content(written) : std::string();
}

std::string excerpt_of(std::string_view written) {
  return http::excerpt(text_of(written), limits::kTokenErrorBytesMax);
}

/// Whole seconds; a number or, as some endpoints write it, a number in a string. Nullopt: it is neither.
std::optional<std::int64_t> seconds_of(std::string_view written) {
  const std::string content = text_of(written);
  const std::string_view text = content.empty() ? written : std::string_view(content);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error != std::errc() || std::isnan(value)) return std::nullopt;
  constexpr double kFarthest = 1e12;
  return static_cast<std::int64_t>(std::clamp(value, -kFarthest, kFarthest));
}

/// The bytes of unpadded base64url; nullopt when it is none.
std::optional<std::string> from_base64url(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '-', '+');
  std::ranges::replace(plain, '_', '/');
  plain.append((4 - plain.size() % 4) % 4, '=');
  std::string bytes;
  if (!append_from_base64(plain, bytes)) return std::nullopt;
  return bytes;
}

/// The claim `exp` of a JWT, which is not checked otherwise: it is for somebody else.
std::optional<std::int64_t> expiry_of_jwt(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos) return std::nullopt;
  const auto claims = from_base64url(token.substr(first + 1, second - first - 1));
  if (!claims || !is_embeddable_json(*claims)) return std::nullopt;
  JsonItems items(*claims);
  while (items.is_object() && items.next()) {
    if (items.key() == R"("exp")") return seconds_of(items.value());
  }
  return std::nullopt;
}

TokenRefusal unusable(std::string_view why) {
  return {Cause::peer_down, fmt::format("the token endpoint's answer is of no use: {}", why)};
}

/// What RFC 6749, section 5.2, and RFC 8628 call an error.
TokenRefusal refused(long status, const Members& members) {
  const std::string error = excerpt_of(members.error);
  const std::string description = excerpt_of(members.error_description);
  TokenRefusal refusal{Cause::unauthorized, fmt::format("the token endpoint says HTTP {}: {}", status, error)};
  if (!description.empty()) refusal.reason.append(": ").append(description);
  if (error == "temporarily_unavailable" || error == "server_error") refusal.cause = Cause::peer_down;
  if (error == "slow_down" || status == 429) refusal.cause = Cause::throttled;
  if (status >= 500) refusal.cause = Cause::peer_down;
  return refusal;
}

/// An answer without the body of one.
TokenRefusal refused_bare(long status) {
  if (status >= 300 && status < 400)
    return {Cause::unauthorized,
            fmt::format("the token endpoint answers HTTP {}, a redirect; check token_url", status)};
  const bool later = status == 408 || status >= 500;
  const Cause cause = status == 429 ? Cause::throttled : later ? Cause::peer_down : Cause::unauthorized;
  return {cause, fmt::format("the token endpoint answers HTTP {}{}", status,
                             cause == Cause::unauthorized ? "; check token_url and the credential" : "")};
}

std::variant<TokenGrant, TokenRefusal> granted(const Members& members, TokenKind kind, WallTime now) {
  const bool access = kind == TokenKind::access;
  std::string token = text_of(access ? members.access_token : members.id_token);
  if (token.empty()) return unusable(access ? "there is no access_token" : "there is no id_token");
  if (token.size() > limits::kTokenBytesMax)
    return unusable(fmt::format("the token is longer than {} bytes", limits::kTokenBytesMax));
  if (!std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; }))
    return unusable("the token holds more than visible ASCII");
  if (access && !members.token_type.empty()) {
    std::string type = text_of(members.token_type);
    std::ranges::transform(type, type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (type != "bearer") return unusable("the token is not of type Bearer");
  }
  std::optional<std::int64_t> seconds = limits::kTokenLifetimeAssumed.count();
  if (access && !members.expires_in.empty() && members.expires_in != "null") {
    seconds = seconds_of(members.expires_in);
    if (!seconds) return unusable("expires_in is not a number");
  } else if (!access) {
    const auto expiry = expiry_of_jwt(token);
    if (!expiry) return unusable("the id_token does not say when it expires");
    seconds = *expiry - std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  }
  if (*seconds < 1) return unusable("the token has expired already");
  return TokenGrant{Secret(std::move(token)), std::min(std::chrono::seconds(*seconds), limits::kTokenLifetimeMax)};
}

}  // namespace

std::variant<TokenGrant, TokenRefusal> read_token_reply(long status, std::string_view body, TokenKind kind,
                                                        WallTime now) {
  const bool success = status >= 200 && status < 300;
  if (body.size() > limits::kTokenReplyBytesMax)
    return success ? unusable(fmt::format("it is larger than {} bytes", limits::kTokenReplyBytesMax))
                   : refused_bare(status);
  const auto members = read_members(body);
  // Some endpoints send an error with 200.
  if (members && !text_of(members->error).empty()) return refused(status, *members);
  if (!success) return refused_bare(status);
  if (!members) return unusable("it is not a JSON object; is something in between?");
  return granted(*members, kind, now);
}

}  // namespace tidegate::auth
