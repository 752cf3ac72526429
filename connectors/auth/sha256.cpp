#include "connectors/auth/sha256.h"

#include <openssl/crypto.h>

#include <cstring>

namespace tidegate::auth {
namespace {

constexpr std::size_t kBlockBytes = 64;

}  // namespace

void append_hex(const Sha256Digest& digest, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const unsigned char byte : digest) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

Result<Sha256> Sha256::create() {
  Sha256 made;
  made.algorithm_.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  made.context_.reset(EVP_MD_CTX_new());
  if (made.algorithm_ == nullptr || made.context_ == nullptr) {
    return Error{ErrorCode::unavailable, "OpenSSL gives no SHA-256"};
  }
  return made;
}

bool Sha256::finish(std::string_view message, Sha256Digest& out) noexcept {
  return EVP_DigestUpdate(context_.get(), message.data(), message.size()) == 1 &&
         EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1;
}

bool Sha256::digest(std::string_view message, Sha256Digest& out) noexcept {
  return EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1 && finish(message, out);
}

/// *Source*: RFC 2104, section 2.
bool Sha256::prepare(std::string_view key, Key& out) {
  std::array<unsigned char, kBlockBytes> block{};
  if (key.size() > kBlockBytes) {
    Sha256Digest shorter{};
    if (!digest(key, shorter)) return false;
    std::memcpy(block.data(), shorter.data(), shorter.size());
    OPENSSL_cleanse(shorter.data(), shorter.size());
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  const auto start = [&](auto& context, unsigned char pad) {
    if (context == nullptr) context.reset(EVP_MD_CTX_new());
    for (unsigned char& byte : block) byte ^= pad;
    return context != nullptr && EVP_DigestInit_ex2(context.get(), algorithm_.get(), nullptr) == 1 &&
           EVP_DigestUpdate(context.get(), block.data(), block.size()) == 1;
  };
  const bool ready = start(out.inner_, 0x36) && start(out.outer_, 0x36 ^ 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
  if (!ready) out = Key();
  return ready;
}

bool Sha256::hmac(const Key& key, std::string_view message, Sha256Digest& out) noexcept {
  if (key.empty() || EVP_MD_CTX_copy_ex(context_.get(), key.inner_.get()) != 1 || !finish(message, out)) return false;
  const std::string_view inner(reinterpret_cast<const char*>(out.data()), out.size());
  return EVP_MD_CTX_copy_ex(context_.get(), key.outer_.get()) == 1 && finish(inner, out);
}

}  // namespace tidegate::auth
