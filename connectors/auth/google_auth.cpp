#include "connectors/auth/google_auth.h"

#include "connectors/auth/encoding.h"
#include "connectors/auth/limits.h"
#include "connectors/http/service.h"

namespace tidegate::auth {

namespace {

constexpr std::string_view kGrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Whatever the account's roles allow: roles are where a project says what the gateway may do.
constexpr std::string_view kDefaultScope = "https://www.googleapis.com/auth/cloud-platform";

}  // namespace

Result<std::unique_ptr<TokenRequest>> ServiceAccountGrant::create(const AuthOptions& options) {
  auto account = read_service_account(options.service_account_file);
  if (!account) return std::move(account).error().in("auth.service_account_file");
  return std::unique_ptr<TokenRequest>(new ServiceAccountGrant(options, *std::move(account)));
}

/// A file that is being replaced and no good yet leaves the key that there was.
bool ServiceAccountGrant::reread() {
  auto account = read_service_account(options_.service_account_file);
  if (!account) return false;
  const bool changed = account->key_id != account_.key_id || account->email != account_.email;
  account_ = *std::move(account);
  return changed;
}

TokenKind ServiceAccountGrant::kind() const noexcept {
  return options_.audience.empty() ? TokenKind::access : TokenKind::identity;
}

Status ServiceAccountGrant::write(http::Request& request, WallTime now) {
  const std::string& endpoint = options_.token_url.empty() ? account_.token_uri : options_.token_url;
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const std::string scope = options_.scope.empty() ? std::string(kDefaultScope) : joined_scope(options_.scope);
  const bool identity = kind() == TokenKind::identity;
  const JwtClaim claims[] = {{"iss", account_.email},
                             {"sub", account_.email},
                             {"aud", account_.token_uri},
                             {"iat", seconds - limits::kAssertionBackdated.count()},
                             {"exp", seconds + limits::kAssertionLifetime.count()},
                             identity ? JwtClaim{"target_audience", options_.audience} : JwtClaim{"scope", scope}};
  auto assertion = sign_jwt(account_.key, {JwtAlgorithm::rs256, account_.key_id, {}}, claims);
  if (!assertion) return Error{ErrorCode::refused, "auth.service_account_file: its key " + assertion.error().message};
  last_assertion_ = *std::move(assertion);
  request.url = endpoint;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  append_form_field("grant_type", kGrantType, request.body);
  append_form_field("assertion", last_assertion_, request.body);
  return {};
}

void ServiceAccountGrant::redact(std::string& text) const { http::blank_out(text, last_assertion_); }

}  // namespace tidegate::auth
