#include "token_reply_fuzz.h"

#include <algorithm>

#include "connectors/auth/limits.h"
#include "connectors/auth/service_account.h"
#include "connectors/auth/token_reply.h"
#include "gateway/event/json_text.h"
#include "tests/fuzz/require.h"

namespace tidegate::auth {

namespace {

using test::require;

bool is_one_line(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

void check(const std::variant<TokenGrant, TokenRefusal>& answer) {
  if (const auto* grant = std::get_if<TokenGrant>(&answer)) {
    const std::string& token = grant->token.reveal();
    require(!token.empty() && token.size() <= limits::kTokenBytesMax);
    require(std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; }));
    require(grant->lifetime >= std::chrono::seconds(1) && grant->lifetime <= limits::kTokenLifetimeMax);
    return;
  }
  const auto& refusal = std::get<TokenRefusal>(answer);
  require(refusal.cause != Cause::none);
  require(!refusal.reason.empty() && refusal.reason.size() <= 3 * limits::kTokenErrorBytesMax);
  require(is_one_line(refusal.reason));
}

}  // namespace

void read_any_reply(std::string_view bytes) {
  if (bytes.empty()) return;
  const long status = 200 + 10 * (static_cast<unsigned char>(bytes[0]) % 31);
  bytes.remove_prefix(1);
  const WallTime now{std::chrono::seconds{1'700'000'000}};
  for (const TokenKind kind : {TokenKind::access, TokenKind::identity}) {
    check(read_token_reply(200, bytes, kind, now));
    check(read_token_reply(status, bytes, kind, now));
  }
  if (const auto account = parse_service_account(bytes); !account) require(is_one_line(account.error().message));
}

}  // namespace tidegate::auth
