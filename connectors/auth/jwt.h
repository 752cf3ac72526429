#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "gateway/base/result.h"

/// Signing of JSON Web Tokens. *Source*: RFC 7515 (JWS), RFC 7518 (algorithms), RFC 7519 (JWT).
namespace tidegate::auth {

enum class JwtAlgorithm : std::uint8_t { rs256, ps256, es256 };

/// As `alg` has it: "RS256".
std::string_view name_of(JwtAlgorithm algorithm) noexcept;

/// A private key that signs.
class SigningKey {
 public:
  /// An RSA key or one on the curve P-256, not encrypted; PKCS#8 or the older forms. *Errors*: invalid; the message
  /// goes on after the key's name ("is ...") and quotes nothing of it.
  static Result<SigningKey> from_pem(std::string_view pem);

  /// RS256 and PS256 need an RSA key, ES256 one on P-256.
  [[nodiscard]] bool fits(JwtAlgorithm algorithm) const noexcept;
  /// The signature's bytes, as a JWS has them: of ES256, r and s of 32 bytes each. About 1 ms with an RSA key of 2,048
  /// bits. *Threads*: safe from any. *Errors*: invalid, when the algorithm does not fit or the key is no good.
  [[nodiscard]] Result<std::string> sign(JwtAlgorithm algorithm, std::string_view text) const;

 private:
  struct KeyCleanup {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  };
  using Key = std::unique_ptr<EVP_PKEY, KeyCleanup>;
  explicit SigningKey(Key key) : key_(std::move(key)) {}
  Key key_;
};

/// Names the key to whoever checks a token. Empty members are left out.
struct JwtHeader {
  JwtAlgorithm algorithm = JwtAlgorithm::rs256;
  std::string key_id;              ///< kid
  std::string certificate_sha256;  ///< x5t#S256
};

/// Name and value of a claim: a text, or seconds since 1970.
using JwtClaim = std::pair<std::string_view, std::variant<std::string_view, std::int64_t>>;

/// The token in its compact form. *Errors*: those of SigningKey::sign.
Result<std::string> sign_jwt(const SigningKey& key, const JwtHeader& header, std::span<const JwtClaim> claims);

/// SHA-256 over the first certificate of a PEM, base64url: what x5t#S256 says.
/// *Errors*: invalid; the message goes on after the file's name.
Result<std::string> certificate_thumbprint(std::string_view pem);

}  // namespace tidegate::auth
