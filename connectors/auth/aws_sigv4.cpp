#include "connectors/auth/aws_sigv4.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "connectors/auth/limits.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::auth {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::size_t kDayChars = 8;

constexpr std::string_view kAuthorization = "Authorization", kDate = "X-Amz-Date",
                           kSecurityToken = "X-Amz-Security-Token", kContentHash = "X-Amz-Content-Sha256";

/// Lower case, as those below.
constexpr std::array<std::string_view, 4> kWritten = {"authorization", "x-amz-date", "x-amz-security-token",
                                                      "x-amz-content-sha256"};
/// What hops on the way add, change or take out.
constexpr std::array<std::string_view, 12> kOfHops = {
    "connection",          "expect",           "keep-alive", "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "te",         "trailer",
    "transfer-encoding",   "upgrade",          "user-agent", "x-amzn-trace-id"};

/// `lower_case` is what its name says.
bool is_named(std::string_view name, std::string_view lower_case) noexcept {
  return std::ranges::equal(name, lower_case,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

std::string_view view(const Sha256Digest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Error openssl_failed() { return Error{ErrorCode::unavailable, "OpenSSL could not compute a SHA-256"}; }

}  // namespace

SigV4Scope SigV4Scope::of(std::string region, std::string service) {
  SigV4Scope scope;
  const bool s3 = service == "s3" || service.starts_with("s3-") || service == "s3express";
  scope.region = std::move(region);
  scope.service = std::move(service);
  scope.path = s3 ? CanonicalPath::encoded_once : CanonicalPath::normalized;
  scope.content_hash_header = s3;
  return scope;
}

Result<SigV4Signer> SigV4Signer::create(SigV4Scope scope) {
  auto sha256 = Sha256::create();
  if (!sha256) return std::move(sha256).error();
  return SigV4Signer(std::move(scope), *std::move(sha256));
}

bool SigV4Signer::writes(std::string_view header) noexcept {
  return std::ranges::any_of(kWritten, [header](std::string_view name) { return is_named(header, name); });
}

bool SigV4Signer::signs(std::string_view header) noexcept {
  return !writes(header) &&
         std::ranges::none_of(kOfHops, [header](std::string_view name) { return is_named(header, name); });
}

Result<std::span<const HeaderField>> SigV4Signer::sign(const SigV4Request& request, const AwsKeys& keys, WallTime now) {
  take_date(now);
  if (!take_key(keys.secret_access_key) || !hash_body(request.body)) return openssl_failed();
  if (Status written = write_canonical(request, keys.session_token); !written) return std::move(written).error();
  if (!write_authorization(keys)) return openssl_failed();
  return collect(keys.session_token);
}

void SigV4Signer::take_date(WallTime now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (second == second_) return;
  second_ = second;
  std::string& text = date_;
  text.clear();
  append_rfc3339(second, text);  // 2015-08-30T12:36:00.000Z
  text.erase(text.find('.'), text.size() - text.find('.') - 1);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  credential_scope_.assign(date_, 0, kDayChars);
  for (const std::string_view part : {std::string_view(scope_.region), std::string_view(scope_.service), kTerminator}) {
    credential_scope_ += '/';
    credential_scope_ += part;
  }
}

/// Derives key_ from the secret, unless it is the one of this secret and this day.
bool SigV4Signer::take_key(const Secret& secret) {
  if (!key_.empty() && key_scope_ == credential_scope_ && key_secret_.reveal() == secret.reveal()) return true;
  key_scope_.clear();
  std::string first = "AWS4" + secret.reveal();
  bool ok = sha256_.prepare(first, key_);
  OPENSSL_cleanse(first.data(), first.size());
  Sha256Digest derived{};
  const std::string_view day = std::string_view(date_).substr(0, kDayChars);
  for (const std::string_view part :
       {day, std::string_view(scope_.region), std::string_view(scope_.service), kTerminator}) {
    ok = ok && sha256_.hmac(key_, part, derived) && sha256_.prepare(view(derived), key_);
  }
  OPENSSL_cleanse(derived.data(), derived.size());
  if (!ok) {
    key_ = {};
    return false;
  }
  key_secret_ = secret;
  key_scope_ = credential_scope_;
  return true;
}

bool SigV4Signer::hash_body(const SigV4Body& body) {
  body_hash_ = body.hash;
  if (!body.hash.empty()) return true;
  Sha256Digest digest{};
  if (!sha256_.digest(body.bytes, digest)) return false;
  append_hex(digest, body_hash_);
  return true;
}

Status SigV4Signer::write_canonical(const SigV4Request& request, const Secret& session_token) {
  if (request.target.size() > limits::kSignedTargetBytesMax) {
    return Error{ErrorCode::invalid, "path and query are too long to be signed"};
  }
  if (request.headers.size() > limits::kSignedHeadersMax) {
    return Error{ErrorCode::invalid, "too many headers to be signed"};
  }
  canonical_.clear();
  bool host = false;
  for (const auto& [name, value] : request.headers) {
    if (!signs(name)) continue;
    host = host || is_named(name, "host");
    canonical_.add_header(name, value);
  }
  if (!host) return Error{ErrorCode::invalid, "a request without a Host header cannot be signed"};
  canonical_.add_header(kDate, date_);
  if (scope_.content_hash_header) canonical_.add_header(kContentHash, body_hash_);
  if (scope_.sign_session_token && !session_token.empty()) {
    canonical_.add_header(kSecurityToken, session_token.reveal());
  }
  canonical_.write(request.method, request.target, scope_.path, body_hash_);
  return {};
}

bool SigV4Signer::write_authorization(const AwsKeys& keys) {
  Sha256Digest digest{};
  if (!sha256_.digest(canonical_.text(), digest)) return false;
  string_to_sign_ = kAlgorithm;
  for (const std::string& line : {std::cref(date_), std::cref(credential_scope_)}) {
    string_to_sign_ += '\n';
    string_to_sign_ += line;
  }
  string_to_sign_ += '\n';
  append_hex(digest, string_to_sign_);
  if (!sha256_.hmac(key_, string_to_sign_, digest)) return false;
  authorization_ = kAlgorithm;
  authorization_ += " Credential=";
  authorization_ += keys.access_key_id;
  authorization_ += '/';
  authorization_ += credential_scope_;
  authorization_ += ", SignedHeaders=";
  authorization_ += canonical_.signed_headers();
  authorization_ += ", Signature=";
  append_hex(digest, authorization_);
  return true;
}

std::span<const HeaderField> SigV4Signer::collect(const Secret& session_token) {
  std::size_t used = 0;
  added_[used++] = {kAuthorization, authorization_};
  added_[used++] = {kDate, date_};
  if (!session_token.empty()) added_[used++] = {kSecurityToken, session_token.reveal()};
  if (scope_.content_hash_header) added_[used++] = {kContentHash, body_hash_};
  return std::span(added_).first(used);
}

}  // namespace tidegate::auth
