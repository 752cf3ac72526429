#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/auth/jwt.h"
#include "connectors/auth/options.h"
#include "connectors/auth/token_auth.h"

namespace tidegate::auth {

/// The client credentials grant. *Source*: RFC 6749, section 4.4; private_key_jwt: RFC 7523, section 2.2.
class ClientCredentials final : public TokenRequest {
 public:
  /// *Errors*: invalid, when key or certificate are no good; the message names the option. *Blocks* on disk.
  static Result<std::unique_ptr<TokenRequest>> create(const AuthOptions& options);

  bool reread() override;
  Status write(http::Request& request, WallTime now) override;
  [[nodiscard]] bool dated() const noexcept override { return options_.client_auth == ClientAuth::private_key_jwt; }
  void redact(std::string& text) const override;

 private:
  explicit ClientCredentials(const AuthOptions& options) : options_(options) {}
  Status read_key();
  Result<std::string> assertion(WallTime now) const;

  AuthOptions options_;
  std::optional<SigningKey> key_;  ///< of private_key_jwt
  std::string thumbprint_;         ///< of certificate_file
  std::string last_assertion_;
};

}  // namespace tidegate::auth
