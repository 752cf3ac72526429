#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "connectors/auth/aws_canonical.h"
#include "connectors/auth/sha256.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/base/secret.h"

/// AWS Signature Version 4, in headers. *Source*: the AWS reference, "AWS Signature Version 4 for API requests".
namespace tidegate::auth {

/// What AWS knows a caller by. A session token belongs to keys that expire.
struct AwsKeys {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;  ///< empty: none
};

/// Where signatures are valid, and how the service wants them.
struct SigV4Scope {
  std::string region, service;  ///< as the service's endpoint has them: "eu-central-1", "sqs"
  CanonicalPath path = CanonicalPath::normalized;
  bool content_hash_header = false;  ///< the payload's hash travels as X-Amz-Content-Sha256, which S3 wants
  bool sign_session_token = true;    ///< false: it travels unsigned

  /// The scope with the rules of the service.
  static SigV4Scope of(std::string region, std::string service);
};

/// What the signature says about the body.
struct SigV4Body {
  std::string_view bytes;  ///< hashed unless `hash` is given
  std::string_view hash;   ///< its SHA-256 in hex, or kUnsigned
  /// The body can be changed on the way. S3 takes it over TLS.
  static constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
};

struct HeaderField {
  std::string_view name, value;
};

/// A request as it will be sent, in everything that the signature covers.
struct SigV4Request {
  std::string_view method;
  std::string_view target;               ///< path and query, byte for byte as on the request line
  std::span<const HeaderField> headers;  ///< Host among them. Those that signs() refuses may stand here too.
  SigV4Body body;
};

/// Signs requests of one service in one region. Of a key it derives what it needs once a day, and memory is used again
/// for the next request. *Threads*: one user at a time.
class SigV4Signer {
 public:
  /// *Errors*: unavailable, when OpenSSL cannot give SHA-256.
  static Result<SigV4Signer> create(SigV4Scope scope);

  /// True for the headers that sign() gives.
  static bool writes(std::string_view header) noexcept;
  /// False for headers that are never signed: those that proxies change, and those that sign() gives.
  static bool signs(std::string_view header) noexcept;

  /// The headers to send besides those of the request: Authorization, X-Amz-Date, and as needed X-Amz-Security-Token
  /// and X-Amz-Content-Sha256. They replace headers of these names. Valid until the next sign(). They hold secrets.
  /// *Errors*: invalid, when there is no Host, or more than limits:: allows; unavailable, when OpenSSL fails.
  Result<std::span<const HeaderField>> sign(const SigV4Request& request, const AwsKeys& keys, WallTime now);

  /// The canonical request and the string to sign of the last sign(), for messages and tests. The former holds the
  /// session token.
  [[nodiscard]] std::string_view canonical_request() const noexcept { return canonical_.text(); }
  [[nodiscard]] std::string_view string_to_sign() const noexcept { return string_to_sign_; }

 private:
  SigV4Signer(SigV4Scope scope, Sha256 sha256) : scope_(std::move(scope)), sha256_(std::move(sha256)) {}
  void take_date(WallTime now);
  [[nodiscard]] bool take_key(const Secret& secret);
  [[nodiscard]] bool hash_body(const SigV4Body& body);
  Status write_canonical(const SigV4Request& request, const Secret& session_token);
  [[nodiscard]] bool write_authorization(const AwsKeys& keys);
  std::span<const HeaderField> collect(const Secret& session_token);

  SigV4Scope scope_;
  Sha256 sha256_;
  CanonicalRequest canonical_;

  std::chrono::sys_seconds second_{std::chrono::seconds::min()};  ///< of date_
  std::string date_;                                              ///< "20150830T123600Z"
  std::string credential_scope_;                                  ///< "20150830/us-east-1/iam/aws4_request"
  Secret key_secret_;                                             ///< what key_ is derived from, with the next two
  std::string key_scope_;
  Sha256::Key key_;

  std::string body_hash_, string_to_sign_, authorization_;
  std::array<HeaderField, 4> added_{};
};

}  // namespace tidegate::auth
