#pragma once

#include <memory>
#include <string>

#include "connectors/auth/options.h"
#include "connectors/auth/service_account.h"
#include "connectors/auth/token_auth.h"

namespace tidegate::auth {

/// A Google service account's signed assertion, exchanged for an access token, or for an identity token when there is
/// an audience. *Source*: RFC 7523, section 2.1; Google, "Using OAuth 2.0 for server to server applications".
class ServiceAccountGrant final : public TokenRequest {
 public:
  /// *Errors*: invalid, io, when the key file is no good; the message names the option. *Blocks* on disk.
  static Result<std::unique_ptr<TokenRequest>> create(const AuthOptions& options);

  bool reread() override;
  Status write(http::Request& request, WallTime now) override;
  [[nodiscard]] TokenKind kind() const noexcept override;
  [[nodiscard]] bool dated() const noexcept override { return true; }
  void redact(std::string& text) const override;

 private:
  ServiceAccountGrant(const AuthOptions& options, ServiceAccount account)
      : options_(options), account_(std::move(account)) {}

  AuthOptions options_;
  ServiceAccount account_;
  std::string last_assertion_;
};

}  // namespace tidegate::auth
