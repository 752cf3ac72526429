#include "connectors/auth/oauth2.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>

#include "connectors/auth/encoding.h"
#include "connectors/auth/limits.h"
#include "connectors/http/service.h"
#include "gateway/config/files.h"
#include "gateway/event/json_text.h"

namespace tidegate::auth {

namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

std::string percent_encoded(std::string_view text) {
  std::string out;
  append_percent_encoded(text, out);
  return out;
}

/// Both halves are encoded before they are joined (RFC 6749, section 2.3.1).
std::string basic_credential(const AuthOptions& options) {
  std::string out;
  append_base64(percent_encoded(options.client_id) + ":" + percent_encoded(options.client_secret.value().reveal()),
                out);
  return out;
}

/// Names an assertion, so that its receiver can tell when it comes twice.
std::string new_assertion_id() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::string out;
  append_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, out);
  return out;
}

JwtAlgorithm algorithm_for(const AuthOptions& options, const SigningKey& key) {
  if (options.algorithm) return *options.algorithm;
  return key.fits(JwtAlgorithm::es256) ? JwtAlgorithm::es256 : JwtAlgorithm::rs256;
}

}  // namespace

Result<std::unique_ptr<TokenRequest>> ClientCredentials::create(const AuthOptions& options) {
  std::unique_ptr<ClientCredentials> made(new ClientCredentials(options));
  if (Status read = made->read_key(); !read) return std::move(read).error();
  return std::unique_ptr<TokenRequest>(std::move(made));
}

/// Makes key and thumbprint of what options and files hold; changes nothing when they are no good.
Status ClientCredentials::read_key() {
  if (options_.client_auth != ClientAuth::private_key_jwt) return {};
  auto key = SigningKey::from_pem(options_.private_key.value().reveal());
  if (!key) return std::move(key).error().in("auth.private_key");
  const JwtAlgorithm algorithm = algorithm_for(options_, *key);
  if (!key->fits(algorithm))
    return Error{ErrorCode::invalid, fmt::format("auth.private_key is not for {}", name_of(algorithm))};
  std::string thumbprint;
  if (!options_.certificate_file.empty()) {
    const auto pem = read_file_text(options_.certificate_file, limits::kKeyFileBytesMax);
    if (!pem) return pem.error().in("auth.certificate_file");
    auto made = certificate_thumbprint(*pem);
    if (!made) return std::move(made).error().in("auth.certificate_file");
    thumbprint = *std::move(made);
  }
  key_.emplace(*std::move(key));
  thumbprint_ = std::move(thumbprint);
  return {};
}

/// Files that are being replaced and no good yet leave the key that there was.
bool ClientCredentials::reread() {
  bool changed = options_.client_secret.refresh();
  changed = options_.private_key.refresh() || changed;
  const std::string before = thumbprint_;
  const Status read = read_key();
  return changed || (read && thumbprint_ != before);
}

Status ClientCredentials::write(http::Request& request, WallTime now) {
  request.url = options_.token_url;
  request.headers.add("Content-Type", kFormType);
  request.headers.add("Accept", "application/json");
  std::string& body = request.body;
  append_form_field("grant_type", "client_credentials", body);
  switch (options_.client_auth) {
    case ClientAuth::basic: request.headers.add("Authorization", "Basic " + basic_credential(options_)); break;
    case ClientAuth::body:
      append_form_field("client_id", options_.client_id, body);
      append_form_field("client_secret", options_.client_secret.value().reveal(), body);
      break;
    case ClientAuth::private_key_jwt: {
      auto signed_assertion = assertion(now);
      if (!signed_assertion) return Error{ErrorCode::refused, signed_assertion.error().message};
      last_assertion_ = *std::move(signed_assertion);
      append_form_field("client_id", options_.client_id, body);
      append_form_field("client_assertion_type", kAssertionType, body);
      append_form_field("client_assertion", last_assertion_, body);
      break;
    }
  }
  if (!options_.scope.empty()) append_form_field("scope", joined_scope(options_.scope), body);
  if (!options_.audience.empty()) append_form_field("audience", options_.audience, body);
  if (!options_.resource.empty()) append_form_field("resource", options_.resource, body);
  for (const auto& [name, value] : options_.parameters) append_form_field(name, value, body);
  return {};
}

Result<std::string> ClientCredentials::assertion(WallTime now) const {
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const std::string id = new_assertion_id();
  const std::string& audience = options_.assertion_audience.empty() ? options_.token_url : options_.assertion_audience;
  const JwtClaim claims[] = {{"iss", options_.client_id},
                             {"sub", options_.client_id},
                             {"aud", audience},
                             {"iat", seconds - limits::kAssertionBackdated.count()},
                             {"exp", seconds + limits::kAssertionLifetime.count()},
                             {"jti", id}};
  return sign_jwt(*key_, {algorithm_for(options_, *key_), options_.key_id, thumbprint_}, claims);
}

void ClientCredentials::redact(std::string& text) const {
  const std::string& secret = options_.client_secret.value().reveal();
  if (!secret.empty()) http::blank_out(text, basic_credential(options_));
  http::blank_out(text, secret);
  http::blank_out(text, percent_encoded(secret));
  http::blank_out(text, last_assertion_);
}

}  // namespace tidegate::auth
