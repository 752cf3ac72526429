#include "connectors/http/ingest/gatekeeper.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <charconv>
#include <fstream>
#include <iterator>

#include "connectors/auth/standard_webhooks.h"
#include "connectors/http/ingest/limits.h"

namespace tidegate::ingest {

namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::size_t kSecretsFileBytesMax = 64u << 10;

/// The lines of a file that are not empty.
Result<std::vector<Secret>> read_lines(std::string_view option, const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kSecretsFileBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || in.gcount() == 0)
    return Error{ErrorCode::io, fmt::format("cannot read {} \"{}\", or it is empty", option, file.string())};
  return auth::split_secrets({text.data(), static_cast<std::size_t>(in.gcount())});
}

Result<std::vector<Secret>> listed_or_read(std::string_view option, const std::vector<Secret>& listed,
                                           std::string_view file_option, const std::filesystem::path& file) {
  auto all = file.empty() ? Result<std::vector<Secret>>(listed) : read_lines(file_option, file);
  if (!all) return all;
  const std::string_view named = file.empty() ? option : file_option;
  if (all->empty() || all->size() > limits::kIngestSecretsMax)
    return Error{ErrorCode::invalid, fmt::format("{} must hold 1 to {} entries", named, limits::kIngestSecretsMax)};
  for (const Secret& secret : *all) {
    if (secret.empty()) return Error{ErrorCode::invalid, fmt::format("{} holds an empty entry", named)};
  }
  return all;
}

std::array<unsigned char, 32> sha256(std::string_view text) {
  std::array<unsigned char, 32> out{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

bool same_ignoring_case(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

Refusal unauthorized(std::string error) { return {401, std::move(error), std::nullopt}; }

}  // namespace

Result<Gatekeeper> Gatekeeper::create(const SourceOptions& options) {
  Gatekeeper keeper;
  if (options.auth) {
    const auto tokens =
        listed_or_read("auth.tokens", options.auth->tokens, "auth.tokens_file", options.auth->tokens_file);
    if (!tokens) return tokens.error();
    for (const Secret& token : *tokens) keeper.tokens_.push_back(sha256(token.reveal()));
  }
  if (options.signature) {
    const SignatureOptions& signature = *options.signature;
    const auto secrets =
        listed_or_read("signature.secrets", signature.secrets, "signature.secrets_file", signature.secrets_file);
    if (!secrets) return secrets.error();
    for (const Secret& secret : *secrets) {
      auto key = auth::webhook_key(secret.reveal());
      if (!key) return std::move(key).error().in("signature.secrets");
      keeper.keys_.push_back(*std::move(key));
    }
    keeper.tolerance_ = signature.tolerance;
  }
  keeper.asks_ = options.asks_for_proof();
  return keeper;
}

std::variant<Gatekeeper::Proof, Refusal> Gatekeeper::check_head(const RequestHead& head, WallTime now) const {
  if (!asks_) {
    // Any web page that a user of this machine has open could post here.
    if (head.origin) return Refusal{403, "requests of web pages are not taken without auth", std::nullopt};
    return Proof::given;
  }
  if (tokens_.empty() && keys_.empty()) return Proof::given;
  if (!tokens_.empty() && head.authorization) {
    const std::string_view given = *head.authorization;
    const bool bearer = given.size() > kBearer.size() && same_ignoring_case(given.substr(0, kBearer.size()), kBearer);
    const Digest digest = sha256(bearer ? given.substr(kBearer.size()) : std::string_view());
    bool known = false;
    for (const Digest& token : tokens_) known |= CRYPTO_memcmp(token.data(), digest.data(), digest.size()) == 0;
    if (known) return Proof::given;
    if (keys_.empty()) return unauthorized("the bearer token is not known");
  }
  if (keys_.empty()) return unauthorized("a bearer token is needed");
  if (!head.webhook_id || !head.webhook_timestamp || !head.webhook_signature)
    return unauthorized("a signature is needed: webhook-id, webhook-timestamp and webhook-signature");
  if (head.webhook_id->empty() || head.webhook_id->size() > limits::kIngestWebhookIdBytesMax ||
      !is_visible_ascii(*head.webhook_id))
    return unauthorized(fmt::format("webhook-id is not 1 to {} visible characters", limits::kIngestWebhookIdBytesMax));
  std::int64_t seconds = 0;
  const std::string& text = *head.webhook_timestamp;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t kFarthest = 1ll << 40;
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0 || seconds > kFarthest)
    return unauthorized("webhook-timestamp is not a number of seconds");
  const auto off = std::chrono::abs(now - WallTime{std::chrono::seconds{seconds}});
  if (off > tolerance_) return unauthorized("webhook-timestamp is too far off the gateway's clock");
  return Proof::in_signature;
}

std::optional<Refusal> Gatekeeper::check_signature(const RequestHead& head, std::string_view body) const {
  bool good = false;
  for (const Secret& key : keys_) {
    const std::string right = auth::webhook_signature(key.reveal(), *head.webhook_id, *head.webhook_timestamp, body);
    std::string_view rest = *head.webhook_signature;
    while (!rest.empty()) {
      const std::size_t space = rest.find(' ');
      const std::string_view given = rest.substr(0, space);
      rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
      good |= given.size() == right.size() && CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
    }
  }
  if (good) return std::nullopt;
  return unauthorized("no signature fits the request");
}

}  // namespace tidegate::ingest
