#include "connectors/auth/standard_webhooks.h"

#include <fmt/format.h>

#include "connectors/auth/hmac.h"
#include "connectors/auth/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::auth {

Result<Secret> webhook_key(std::string_view secret) {
  constexpr std::string_view kPrefix = "whsec_";
  if (secret.starts_with(kPrefix)) secret.remove_prefix(kPrefix.size());
  std::string key;
  if (!append_from_base64(secret, key) || key.empty())
    return Error{ErrorCode::invalid, "a secret is not whsec_ followed by base64"};
  return Secret(std::move(key));
}

std::string webhook_signature(std::string_view key, std::string_view id, std::string_view timestamp,
                              std::string_view body) {
  std::string out = "v1,";
  append_base64(hmac_sha256(key, {id, ".", timestamp, ".", body}), out);
  return out;
}

Result<WebhookSigner> WebhookSigner::create(std::span<const Secret> secrets) {
  if (secrets.empty() || secrets.size() > limits::kWebhookSecretsMax)
    return Error{ErrorCode::invalid, fmt::format("must hold 1 to {} secrets", limits::kWebhookSecretsMax)};
  WebhookSigner signer;
  for (const Secret& secret : secrets) {
    auto key = webhook_key(secret.reveal());
    if (!key) return std::move(key).error();
    const std::size_t size = key->reveal().size();
    if (size < limits::kWebhookSecretBytesMin || size > limits::kWebhookSecretBytesMax)
      return Error{ErrorCode::invalid,
                   fmt::format("a secret stands for {} bytes; Standard Webhooks wants {} to {}", size,
                               limits::kWebhookSecretBytesMin, limits::kWebhookSecretBytesMax)};
    signer.keys_.push_back(*std::move(key));
  }
  return signer;
}

WebhookSigner::Proof WebhookSigner::sign(std::string_view id, WallTime now, std::string_view body) const {
  Proof proof;
  proof.timestamp = std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  for (const Secret& key : keys_) {
    if (!proof.signature.empty()) proof.signature += ' ';
    proof.signature += webhook_signature(key.reveal(), id, proof.timestamp, body);
  }
  return proof;
}

std::vector<Secret> split_secrets(std::string_view text) {
  std::vector<Secret> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(std::string(line));
  }
  return lines;
}

}  // namespace tidegate::auth
