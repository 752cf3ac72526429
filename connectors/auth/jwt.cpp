#include "connectors/auth/jwt.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>

#include "connectors/auth/encoding.h"
#include "connectors/auth/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::auth {

namespace {

/// One coordinate of a point on P-256.
constexpr int kCoordinateBytes = 32;

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* pointer) const noexcept {
    Free(pointer);
  }
};
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using Digest = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Bio reader_of(std::string_view pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

/// Without it OpenSSL would ask at the terminal. `asked` tells an encrypted key from what is no key.
int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

/// The library's words for what went wrong, its queue emptied.
std::string openssl_words() {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "out of memory";
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == "prime256v1";
}

Status check_kind(const EVP_PKEY* key) {
  if (is_p256(key)) return {};
  if (EVP_PKEY_is_a(key, "RSA") != 1)
    return Error{ErrorCode::invalid, "is of a kind that is not used here; an RSA key or one on P-256 is needed"};
  const int bits = EVP_PKEY_get_bits(key);
  if (bits >= limits::kRsaBitsMin && bits <= limits::kRsaBitsMax) return {};
  return Error{ErrorCode::invalid, fmt::format("is an RSA key of {} bits; {} to {} are taken", bits,
                                               limits::kRsaBitsMin, limits::kRsaBitsMax)};
}

/// From the DER that OpenSSL writes to the two numbers of fixed size that a JWS has (RFC 7518, section 3.4).
Result<std::string> fixed_size_signature(std::string_view der) {
  const unsigned char* at = bytes(der);
  const EcSignature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!parsed) return Error{ErrorCode::invalid, "cannot sign: " + openssl_words()};
  std::string out(2 * std::size_t{kCoordinateBytes}, '\0');
  if (BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), bytes(out), kCoordinateBytes) != kCoordinateBytes ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), bytes(out) + kCoordinateBytes, kCoordinateBytes) != kCoordinateBytes)
    return Error{ErrorCode::invalid, "cannot sign: the signature is too long"};
  return out;
}

std::string header_json(const JwtHeader& header) {
  std::string out = fmt::format(R"({{"alg":"{}","typ":"JWT")", name_of(header.algorithm));
  if (!header.key_id.empty()) {
    out += R"(,"kid":)";
    append_json_string(header.key_id, out);
  }
  if (!header.certificate_sha256.empty()) {
    out += R"(,"x5t#S256":)";
    append_json_string(header.certificate_sha256, out);
  }
  return out += '}';
}

std::string claims_json(std::span<const JwtClaim> claims) {
  std::string out = "{";
  for (const auto& [name, value] : claims) {
    if (out.size() > 1) out += ',';
    append_json_string(name, out);
    out += ':';
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      append_json_string(*text, out);
    } else {
      out += std::to_string(std::get<std::int64_t>(value));
    }
  }
  return out += '}';
}

}  // namespace

std::string_view name_of(JwtAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case JwtAlgorithm::rs256: break;
    case JwtAlgorithm::ps256: return "PS256";
    case JwtAlgorithm::es256: return "ES256";
  }
  return "RS256";
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  ERR_clear_error();
  const Bio in = reader_of(pem);
  bool asked = false;
  Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, refuse_passphrase, &asked));
  ERR_clear_error();
  if (asked)
    return Error{ErrorCode::invalid,
                 "is encrypted; decrypt it with: openssl pkey -in KEY -out PLAIN, readable by "
                 "the gateway's user only"};
  if (!key) return Error{ErrorCode::invalid, "is not a private key in PEM (-----BEGIN PRIVATE KEY-----)"};
  if (Status kind = check_kind(key.get()); !kind) return std::move(kind).error();
  return SigningKey(std::move(key));
}

bool SigningKey::fits(JwtAlgorithm algorithm) const noexcept {
  return is_p256(key_.get()) == (algorithm == JwtAlgorithm::es256);
}

Result<std::string> SigningKey::sign(JwtAlgorithm algorithm, std::string_view text) const {
  if (!fits(algorithm)) return Error{ErrorCode::invalid, fmt::format("cannot sign with {}", name_of(algorithm))};
  ERR_clear_error();
  const Digest digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;  // the digest's
  bool good = digest && EVP_DigestSignInit(digest.get(), &padding, EVP_sha256(), nullptr, key_.get()) == 1;
  if (algorithm == JwtAlgorithm::ps256)
    good = good && EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) == 1;
  std::size_t size = 0;
  good = good && EVP_DigestSign(digest.get(), nullptr, &size, bytes(text), text.size()) == 1;
  std::string out(size, '\0');
  good = good && EVP_DigestSign(digest.get(), bytes(out), &size, bytes(text), text.size()) == 1;
  if (!good) return Error{ErrorCode::invalid, "cannot sign: " + openssl_words()};
  out.resize(size);
  if (algorithm == JwtAlgorithm::es256) return fixed_size_signature(out);
  return out;
}

Result<std::string> sign_jwt(const SigningKey& key, const JwtHeader& header, std::span<const JwtClaim> claims) {
  std::string token;
  append_base64url(header_json(header), token);
  token += '.';
  append_base64url(claims_json(claims), token);
  auto signature = key.sign(header.algorithm, token);
  if (!signature) return signature;
  token += '.';
  append_base64url(*signature, token);
  return token;
}

Result<std::string> certificate_thumbprint(std::string_view pem) {
  ERR_clear_error();
  const Bio in = reader_of(pem);
  bool asked = false;
  const Certificate certificate(PEM_read_bio_X509(in.get(), nullptr, refuse_passphrase, &asked));
  ERR_clear_error();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) != 1)
    return Error{ErrorCode::invalid, "is not a certificate in PEM (-----BEGIN CERTIFICATE-----)"};
  std::string out;
  append_base64url({reinterpret_cast<const char*>(digest.data()), size}, out);
  return out;
}

}  // namespace tidegate::auth
