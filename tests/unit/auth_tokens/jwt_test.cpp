#include "connectors/auth/jwt.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "connectors/auth/encoding.h"
#include "gateway/event/json_text.h"
#include "keys.h"

namespace tidegate::auth {
namespace {

using nlohmann::json;
using test::kRfcEcKey;
using test::kRfcRsaKey;

SigningKey key_of(const std::string& pem) {
  auto key = SigningKey::from_pem(pem);
  EXPECT_TRUE(key) << key.error().message;
  return *std::move(key);
}

std::string decoded(std::string_view base64url) {
  std::string text(base64url), out;
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  EXPECT_TRUE(append_from_base64(text, out)) << base64url;
  return out;
}

/// Whether OpenSSL, given the key anew from its PEM, finds the signature good.
bool verifies(const std::string& pem, JwtAlgorithm algorithm, std::string_view text, std::string signature) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free_all(in);
  if (algorithm == JwtAlgorithm::es256) {
    if (signature.size() != 64) return false;
    const auto* raw = reinterpret_cast<const unsigned char*>(signature.data());
    ECDSA_SIG* pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(raw, 32, nullptr), BN_bin2bn(raw + 32, 32, nullptr));
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(pair, &der);
    signature.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
  }
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  EVP_PKEY_CTX* padding = nullptr;
  EVP_DigestVerifyInit(digest, &padding, EVP_sha256(), nullptr, key);
  if (algorithm == JwtAlgorithm::ps256) {
    EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, 32);  // RFC 7518, section 3.5: as long as the hash
  }
  const bool good = EVP_DigestVerify(digest, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  EVP_MD_CTX_free(digest);
  EVP_PKEY_free(key);
  return good;
}

constexpr std::string_view kRfcPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

TEST(SigningKey, Rs256IsTheSignatureOfTheRfc) {
  const auto signature =
      key_of(kRfcRsaKey).sign(JwtAlgorithm::rs256, "eyJhbGciOiJSUzI1NiJ9." + std::string(kRfcPayload));
  ASSERT_TRUE(signature) << signature.error().message;
  std::string text;
  append_base64url(*signature, text);
  EXPECT_EQ(text,
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
            "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383"
            "LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy"
            "wlVmtVrBp0igcN_IoypGlUPQGe77Rw");
}

TEST(SigningKey, Es256IsVerifiedAsTheSignatureOfTheRfcIs) {
  const std::string text = "eyJhbGciOiJFUzI1NiJ9." + std::string(kRfcPayload);
  const std::string published =
      decoded("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  ASSERT_TRUE(verifies(kRfcEcKey, JwtAlgorithm::es256, text, published)) << "the check itself";
  const SigningKey key = key_of(kRfcEcKey);
  // r and s have a random number of leading zeros, which the DER form leaves out and a JWS does not.
  for (int i = 0; i < 600; ++i) {
    const auto own = key.sign(JwtAlgorithm::es256, text);
    ASSERT_TRUE(own);
    ASSERT_TRUE(verifies(kRfcEcKey, JwtAlgorithm::es256, text, *own)) << i;
  }
}

TEST(SigningKey, EveryAlgorithmIsVerifiedByOpenSsl) {
  const std::string rsa = test::new_rsa_key(2048), ec = test::new_ec_key("P-256");
  for (const auto& [pem, algorithm] :
       {std::pair(rsa, JwtAlgorithm::rs256), std::pair(rsa, JwtAlgorithm::ps256), std::pair(ec, JwtAlgorithm::es256)}) {
    const auto signature = key_of(pem).sign(algorithm, "text");
    ASSERT_TRUE(signature) << name_of(algorithm);
    EXPECT_TRUE(verifies(pem, algorithm, "text", *signature)) << name_of(algorithm);
    EXPECT_FALSE(verifies(pem, algorithm, "Text", *signature)) << name_of(algorithm);
  }
  EXPECT_FALSE(key_of(rsa).sign(JwtAlgorithm::es256, "text"));
  EXPECT_FALSE(key_of(ec).sign(JwtAlgorithm::rs256, "text"));
  EXPECT_FALSE(key_of(ec).sign(JwtAlgorithm::ps256, "text"));
}

TEST(SigningKey, WhatIsNoKeyIsToldApart) {
  const auto fault = [](const std::string& pem) {
    const auto key = SigningKey::from_pem(pem);
    return key ? std::string("taken") : key.error().message;
  };
  EXPECT_NE(fault("").find("is not a private key in PEM"), std::string::npos);
  EXPECT_NE(fault("secret-looking text").find("is not a private key in PEM"), std::string::npos);
  EXPECT_EQ(fault("secret-looking text").find("secret-looking"), std::string::npos);
  EXPECT_NE(fault(test::new_rsa_key(2048, "passphrase")).find("is encrypted"), std::string::npos);
  EXPECT_NE(fault(test::new_rsa_key(1024)).find("is an RSA key of 1024 bits"), std::string::npos);
  EXPECT_NE(fault(test::new_ec_key("P-384")).find("is of a kind"), std::string::npos);
  std::string broken = kRfcRsaKey;
  broken.replace(200, 1, "*");
  EXPECT_NE(fault(broken).find("is not a private key in PEM"), std::string::npos);
}

TEST(Jwt, HoldsHeaderAndClaimsAndIsSigned) {
  const JwtClaim claims[] = {{"iss", "a\"b"}, {"exp", std::int64_t{1'700'000'000}}};
  const auto token = sign_jwt(key_of(kRfcRsaKey), {JwtAlgorithm::ps256, "key-1", "thumb"}, claims);
  ASSERT_TRUE(token) << token.error().message;
  const std::size_t first = token->find('.'), second = token->rfind('.');
  ASSERT_LT(first, second);
  EXPECT_EQ(json::parse(decoded(token->substr(0, first))),
            json({{"alg", "PS256"}, {"typ", "JWT"}, {"kid", "key-1"}, {"x5t#S256", "thumb"}}));
  EXPECT_EQ(json::parse(decoded(token->substr(first + 1, second - first - 1))),
            json({{"iss", "a\"b"}, {"exp", 1'700'000'000}}));
  EXPECT_TRUE(verifies(kRfcRsaKey, JwtAlgorithm::ps256, token->substr(0, second), decoded(token->substr(second + 1))));
}

TEST(Jwt, LeavesOutWhatNamesNoKey) {
  const auto token = sign_jwt(key_of(kRfcEcKey), {JwtAlgorithm::es256, "", ""}, {});
  ASSERT_TRUE(token);
  EXPECT_EQ(decoded(token->substr(0, token->find('.'))), R"({"alg":"ES256","typ":"JWT"})");
}

TEST(Jwt, ACertificatesThumbprintIsTheDigestOfItsDer) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_pubkey(certificate, key);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  ASSERT_GT(X509_sign(certificate, key, EVP_sha256()), 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  std::array<unsigned char, 32> digest{};
  EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  std::string expected;
  append_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()}, expected);
  char* pem = nullptr;
  const long length = BIO_get_mem_data(out, &pem);
  const auto thumbprint = certificate_thumbprint({pem, static_cast<std::size_t>(length)});
  ASSERT_TRUE(thumbprint) << thumbprint.error().message;
  EXPECT_EQ(*thumbprint, expected);
  EXPECT_FALSE(certificate_thumbprint(kRfcRsaKey));
  BIO_free_all(out);
  OPENSSL_free(der);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace
}  // namespace tidegate::auth
