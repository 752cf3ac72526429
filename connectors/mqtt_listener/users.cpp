#include "connectors/mqtt_listener/users.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <vector>

#include "connectors/mqtt_listener/limits.h"

namespace tidegate::mqtt_listener {

namespace {

constexpr std::size_t kHashBytes = 64;  // SHA-512

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) noexcept { return reinterpret_cast<unsigned char*>(text.data()); }

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 1024) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int n = EVP_DecodeBlock(bytes_of(out), bytes_of(text), static_cast<int>(text.size()));
  if (n < 0) return std::nullopt;
  const std::size_t padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
  if (padding > 2) return std::nullopt;
  out.resize(static_cast<std::size_t>(n) - padding);
  return out;
}

std::string sha512(std::string_view password, std::string_view salt) {
  std::string input;
  input.append(password).append(salt);
  std::string out(kHashBytes, '\0');
  EVP_Digest(input.data(), input.size(), bytes_of(out), nullptr, EVP_sha512(), nullptr);
  OPENSSL_cleanse(input.data(), input.size());
  return out;
}

std::string pbkdf2(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  std::string out(kHashBytes, '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt), static_cast<int>(salt.size()),
                    static_cast<int>(iterations), EVP_sha512(), static_cast<int>(out.size()), bytes_of(out));
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

}  // namespace

Result<Users> Users::load(const std::filesystem::path& file) {
  std::error_code failed;
  if (std::filesystem::file_size(file, failed) > limits::kUsersFileBytesMax && !failed)
    return Error{ErrorCode::invalid,
                 fmt::format("\"{}\" is larger than {} MiB", file.string(), limits::kUsersFileBytesMax >> 20)};
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) return Error{ErrorCode::io, fmt::format("cannot read \"{}\"", file.string())};
  auto users = parse(text);
  if (!users) return users.error().in(fmt::format("\"{}\"", file.string()));
  return users;
}

Result<Users> Users::parse(std::string_view text) {
  Users out;
  out.key_.resize(32);
  if (RAND_bytes(bytes_of(out.key_), static_cast<int>(out.key_.size())) != 1)
    return Error{ErrorCode::unavailable, "no randomness"};
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const auto wrong = [number](std::string_view what) {
      return Error{ErrorCode::invalid, fmt::format("line {}: {}", number, what)};
    };
    const std::size_t colon = line.find(':');
    const std::string user(line.substr(0, colon));
    if (colon == std::string_view::npos || user.empty())
      return wrong("is not USER:HASH; add users with mosquitto_passwd");
    if (user.size() > limits::kNameBytesMax) return wrong("the user name is longer than 1024 bytes");
    const auto parts = split(line.substr(colon + 1), '$');
    Entry entry;
    const bool strong = parts.size() == 5 && parts[0].empty() && parts[1] == "7";
    const bool simple = parts.size() == 4 && parts[0].empty() && parts[1] == "6";
    if (!strong && !simple)
      return wrong("the password is not hashed as $7$ or $6$; hash the file with mosquitto_passwd -U");
    if (strong) {
      const std::string_view n = parts[2];
      const auto [end, error] = std::from_chars(n.data(), n.data() + n.size(), entry.iterations);
      if (error != std::errc{} || end != n.data() + n.size() || entry.iterations == 0 ||
          entry.iterations > limits::kPasswordRoundsMax)
        return wrong(fmt::format("the number of iterations is not 1 to {}", limits::kPasswordRoundsMax));
    }
    const auto salt = from_base64(parts[parts.size() - 2]);
    const auto hash = from_base64(parts[parts.size() - 1]);
    if (!salt || !hash || hash->size() != kHashBytes) return wrong("salt and hash are not Base64 of the right length");
    entry.salt = *salt;
    entry.hash = *hash;
    out.cost_max_ = std::max(out.cost_max_, entry.iterations);
    if (!out.users_.emplace(user, std::move(entry)).second) return wrong("this user is there twice");
  }
  return out;
}

std::string Users::digest(const Secret& password) const {
  const std::string& text = password.reveal();
  std::string out(32, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes_of(std::string_view(text)), text.size(),
       bytes_of(out), &size);
  return out;
}

std::uint32_t Users::cost(const std::string& user, const Secret& password) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return cost_max_;
  const Entry& entry = found->second;
  if (!entry.known.empty() && CRYPTO_memcmp(entry.known.data(), digest(password).data(), entry.known.size()) == 0)
    return 1;
  return std::max(entry.iterations, 1u);
}

bool Users::verify(const std::string& user, const Secret& password) {
  const auto found = users_.find(user);
  if (found == users_.end()) {
    pbkdf2(password.reveal(), "no such user", cost_max_);
    return false;
  }
  Entry& entry = found->second;
  std::string proof = digest(password);
  if (!entry.known.empty() && CRYPTO_memcmp(entry.known.data(), proof.data(), proof.size()) == 0) return true;
  const std::string hash = entry.iterations == 0 ? sha512(password.reveal(), entry.salt)
                                                 : pbkdf2(password.reveal(), entry.salt, entry.iterations);
  if (CRYPTO_memcmp(hash.data(), entry.hash.data(), kHashBytes) != 0) return false;
  entry.known = std::move(proof);
  return true;
}

}  // namespace tidegate::mqtt_listener
