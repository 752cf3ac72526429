#include "connectors/auth/webhook_auth.h"

#include <algorithm>

#include "connectors/http/service.h"
#include "gateway/config/files.h"
#include "gateway/config/limits.h"

namespace tidegate::auth {

namespace {

std::string_view option_of(const AuthOptions& options) {
  return options.secrets_file.empty() ? "auth.secrets" : "auth.secrets_file";
}

}  // namespace

Result<std::vector<Secret>> read_webhook_secrets(const AuthOptions& options) {
  if (options.secrets_file.empty()) return options.secrets;
  const auto text = read_file_text(options.secrets_file, limits::kSecretFileBytesMax);
  if (!text) return text.error();
  return split_secrets(*text);
}

Result<std::unique_ptr<Auth>> WebhookAuth::create(const AuthOptions& options) {
  auto secrets = read_webhook_secrets(options);
  if (!secrets) return std::move(secrets).error().in(option_of(options));
  auto signer = WebhookSigner::create(*secrets);
  if (!signer) return std::move(signer).error().in(option_of(options));
  return std::unique_ptr<Auth>(new WebhookAuth(options, *std::move(secrets), *std::move(signer)));
}

Status WebhookAuth::prove(http::Request& request, WallTime now) {
  if (request.key.empty()) return {};  // no message: nothing to sign
  WebhookSigner::Proof proof = signer_.sign(request.key, clock_.at(now), request.content());
  request.headers.add("webhook-id", request.key);
  request.headers.add("webhook-timestamp", proof.timestamp);
  request.headers.add("webhook-signature", proof.signature);
  return {};
}

void WebhookAuth::hear(const http::Reply& reply, WallTime now) { clock_.hear(reply.header("Date"), now); }

bool WebhookAuth::blames_proof(const http::Reply& reply) const {
  return reply.status == 400 && options_.bad_request == BadRequest::signature;
}

/// A file that is being replaced and no good yet leaves the secrets that there were.
bool WebhookAuth::renew() {
  auto secrets = read_webhook_secrets(options_);
  if (!secrets) return false;
  auto signer = WebhookSigner::create(*secrets);
  if (!signer) return false;
  const bool changed = !std::ranges::equal(*secrets, secrets_, {}, &Secret::reveal, &Secret::reveal);
  secrets_ = *std::move(secrets);
  signer_ = *std::move(signer);
  return changed;
}

void WebhookAuth::redact(std::string& text) const {
  for (const Secret& secret : secrets_) http::blank_out(text, secret.reveal());
}

}  // namespace tidegate::auth
