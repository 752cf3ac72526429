#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/base/result.h"
#include "gateway/base/secret.h"

namespace tidegate::mqtt_listener {

/// Users and the hashes of their passwords, in the format of mosquitto_passwd: `user:$7$iterations$salt$hash`
/// (PBKDF2 with HMAC-SHA512) or `user:$6$salt$hash` (SHA-512 over password and salt); salt and hash in Base64.
/// Immutable but for what it learns: a password that was right once is recognised without its cost.
/// *Threads*: one user at a time.
class Users {
 public:
  /// *Errors*: io; invalid, with "line N: " and the remedy. *Blocks* on disk.
  static Result<Users> load(const std::filesystem::path& file);
  static Result<Users> parse(std::string_view text);

  /// What verify() will cost, in rounds of SHA-512; at least 1. A user that is not there costs as much as one that is:
  /// time must not tell who exists.
  [[nodiscard]] std::uint32_t cost(const std::string& user, const Secret& password) const;
  /// True when the password is the user's.
  bool verify(const std::string& user, const Secret& password);

 private:
  struct Entry {
    std::uint32_t iterations = 0;  ///< 0: SHA-512 once over password and salt
    std::string salt;
    std::string hash;
    std::string known;  ///< keyed digest of the password that was right; empty: none yet
  };
  [[nodiscard]] std::string digest(const Secret& password) const;

  std::unordered_map<std::string, Entry> users_;
  std::string key_;  ///< of `known`, made anew in each process
  std::uint32_t cost_max_ = 1;
};

}  // namespace tidegate::mqtt_listener
