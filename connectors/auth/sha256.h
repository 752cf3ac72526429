#pragma once

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace tidegate::auth {

using Sha256Digest = std::array<unsigned char, 32>;

/// Appends the 64 lower-case hex digits of a digest.
void append_hex(const Sha256Digest& digest, std::string& out);

/// SHA-256 and HMAC-SHA256 for many short messages: the algorithm is looked up once, and a key is prepared once.
/// *Threads*: one user at a time.
class Sha256 {
 public:
  /// An HMAC key, hashed up to where the message begins, so that a message costs no work on the key.
  class Key {
   public:
    [[nodiscard]] bool empty() const noexcept { return inner_ == nullptr; }

   private:
    friend class Sha256;
    struct Free {
      void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> inner_, outer_;
  };

  /// *Errors*: unavailable, when OpenSSL has no SHA-256 or no memory.
  static Result<Sha256> create();

  /// *Errors* of all three: false, when OpenSSL fails; what was put out is then of no use.
  [[nodiscard]] bool digest(std::string_view message, Sha256Digest& out) noexcept;
  [[nodiscard]] bool prepare(std::string_view key, Key& out);
  [[nodiscard]] bool hmac(const Key& key, std::string_view message, Sha256Digest& out) noexcept;

 private:
  struct FreeAlgorithm {
    void operator()(EVP_MD* algorithm) const noexcept { EVP_MD_free(algorithm); }
  };
  Sha256() = default;
  [[nodiscard]] bool finish(std::string_view message, Sha256Digest& out) noexcept;

  std::unique_ptr<EVP_MD, FreeAlgorithm> algorithm_;
  std::unique_ptr<EVP_MD_CTX, Key::Free> context_;
};

}  // namespace tidegate::auth
