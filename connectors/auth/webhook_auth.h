#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/auth/auth.h"
#include "connectors/auth/options.h"
#include "connectors/auth/peer_clock.h"
#include "connectors/auth/standard_webhooks.h"

namespace tidegate::auth {

/// What `secrets` or `secrets_file` holds. *Errors*: as read_file_text(). *Blocks* on disk.
Result<std::vector<Secret>> read_webhook_secrets(const AuthOptions& options);

/// Signs every request as Standard Webhooks say, each time anew, under the id that the request has on every sending.
class WebhookAuth final : public Auth {
 public:
  /// *Errors*: invalid or io, when the secrets are no good; the message names the option. *Blocks* on disk.
  static Result<std::unique_ptr<Auth>> create(const AuthOptions& options);

  Status prove(http::Request& request, WallTime now) override;
  void hear(const http::Reply& reply, WallTime now) override;
  [[nodiscard]] bool blames_proof(const http::Reply& reply) const override;
  bool renew() override;
  void redact(std::string& text) const override;

 private:
  WebhookAuth(const AuthOptions& options, std::vector<Secret> secrets, WebhookSigner signer)
      : options_(options), secrets_(std::move(secrets)), signer_(std::move(signer)) {}

  AuthOptions options_;
  std::vector<Secret> secrets_;
  WebhookSigner signer_;
  PeerClock clock_;
};

}  // namespace tidegate::auth
