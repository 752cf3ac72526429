#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "connectors/connector.h"
#include "gateway/base/secret.h"

/// What a token endpoint answers. *Source*: RFC 6749, section 5.
namespace tidegate::auth {

struct TokenGrant {
  Secret token;                   ///< visible ASCII, so that it can stand in a header
  std::chrono::seconds lifetime;  ///< at least one second, at most limits::kTokenLifetimeMax
};

/// Why there is no token. `cause` is never none.
struct TokenRefusal {
  Cause cause;         ///< unauthorized: somebody has to act; peer_down, throttled: later it may be otherwise
  std::string reason;  ///< the endpoint's error and its description, one line; nothing of a body that is none
};

/// Which token of the answer is wanted.
enum class TokenKind : std::uint8_t {
  access,    ///< access_token, a bearer token
  identity,  ///< id_token, a JWT that says itself how long it lives (RFC 7519, section 4.1.4); Google's, for Cloud Run
};

/// `now` is the endpoint's time, for an identity token. Never fails: what is no answer is a refusal.
std::variant<TokenGrant, TokenRefusal> read_token_reply(long status, std::string_view body, TokenKind kind,
                                                        WallTime now);

}  // namespace tidegate::auth
