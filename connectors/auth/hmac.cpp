#include "connectors/auth/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <new>

namespace tidegate::auth {

namespace {

struct MacCleanup {
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};
using Mac = std::unique_ptr<EVP_MAC_CTX, MacCleanup>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// OpenSSL looks an algorithm up by its name, which takes longer than a short signature: once is enough.
EVP_MAC* hmac() {
  static EVP_MAC* const found = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  return found;
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts) {
  constexpr std::size_t kBytes = 32;
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  // A null key would mean "the one before".
  const unsigned char* const key_bytes = key.empty() ? bytes("") : bytes(key);
  const Mac mac(EVP_MAC_CTX_new(hmac()));
  bool good = mac && EVP_MAC_init(mac.get(), key_bytes, key.size(), params) == 1;
  for (const std::string_view part : parts) good = good && EVP_MAC_update(mac.get(), bytes(part), part.size()) == 1;
  std::string out(kBytes, '\0');
  std::size_t size = 0;
  good = good && EVP_MAC_final(mac.get(), reinterpret_cast<unsigned char*>(out.data()), &size, out.size()) == 1;
  if (!good || size != kBytes) throw std::bad_alloc();  // the only way in which it can fail
  return out;
}

}  // namespace tidegate::auth
