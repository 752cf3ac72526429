#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/base/secret.h"

/// Signatures of webhooks: who sends makes them, who receives compares. *Source*: Standard Webhooks 1.0, symmetric
/// signatures (v1).
namespace tidegate::auth {

/// The key that a secret stands for: `whsec_` (or nothing) and base64.
/// *Errors*: invalid; the message goes on after the option's name and quotes nothing.
Result<Secret> webhook_key(std::string_view secret);

/// `v1,` and the base64 of HMAC-SHA256 over id.timestamp.body. `key` is what webhook_key() made.
std::string webhook_signature(std::string_view key, std::string_view id, std::string_view timestamp,
                              std::string_view body);

/// Signs webhooks with every secret there is, so that a receiver may know the old one or the new one while they rotate.
class WebhookSigner {
 public:
  /// *Errors*: invalid, as webhook_key(); when there are none or more than limits::kWebhookSecretsMax; when a key is
  /// not 24 to 64 bytes long, as the standard wants it.
  static Result<WebhookSigner> create(std::span<const Secret> secrets);

  /// The values of the headers beside webhook-id.
  struct Proof {
    std::string timestamp;  ///< webhook-timestamp: seconds since 1970
    std::string signature;  ///< webhook-signature: one per secret, a space between
  };
  /// `id` is the same when the same message is sent again; `now` is not, because receivers refuse what is old.
  /// *Threads*: safe from any.
  [[nodiscard]] Proof sign(std::string_view id, WallTime now, std::string_view body) const;

 private:
  std::vector<Secret> keys_;
};

/// The secrets that a text holds: one per line, empty lines aside.
std::vector<Secret> split_secrets(std::string_view text);

}  // namespace tidegate::auth
