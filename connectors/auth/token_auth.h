#pragma once

#include <memory>
#include <string>
#include <utility>

#include "connectors/auth/auth.h"
#include "connectors/auth/peer_clock.h"
#include "connectors/auth/token_reply.h"
#include "gateway/base/secret.h"

namespace tidegate::auth {

/// How a token is asked for: what differs between the ways to get one. *Threads*: one user at a time.
class TokenRequest {
 public:
  virtual ~TokenRequest() = default;
  /// Reads the files of the credential again. True: it has changed. *Blocks* on disk.
  virtual bool reread() = 0;
  /// Writes the request into `request`, which is clear. `now` is the endpoint's time.
  /// *Errors*: refused, when somebody must mend something; they quote no secret.
  virtual Status write(http::Request& request, WallTime now) = 0;
  [[nodiscard]] virtual TokenKind kind() const noexcept { return TokenKind::access; }
  /// The request says what time it is: one that was refused is worth another try once the endpoint's time is known.
  [[nodiscard]] virtual bool dated() const noexcept = 0;
  virtual void redact(std::string& text) const = 0;
};

/// Proves itself by a bearer token (RFC 6750) that an endpoint gives out for a while. It is fetched when it is first
/// needed, replaced ahead of its end beside the deliveries, and once more when the receiver refuses it.
class TokenAuth final : public Auth {
 public:
  explicit TokenAuth(std::unique_ptr<TokenRequest> request) : request_(std::move(request)) {}

  std::unique_ptr<Errand> errand(WallTime now) override;
  [[nodiscard]] bool ready(WallTime now) const override;
  Status prove(http::Request& request, WallTime now) override;
  bool renew() override;
  void redact(std::string& text) const override;

 private:
  class Fetch;
  void take(TokenGrant grant, WallTime now);

  const std::unique_ptr<TokenRequest> request_;
  PeerClock clock_;  ///< the token endpoint's
  Secret token_, former_;
  WallTime replace_at_{}, useless_at_{};
};

}  // namespace tidegate::auth
