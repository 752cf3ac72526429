#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidegate {

/// Both halves of a product, folded into each other.
inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// A hash of a short text for tables in memory, a few nanoseconds; not for files, not against attackers (who gain no
/// more than a comparison that fails). `seed` tells texts of different kinds apart.
inline std::uint64_t text_hash(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::uint64_t kA = 0x9E3779B97F4A7C15;
  constexpr std::uint64_t kB = 0xD6E8FEB86659FD93;
  const auto word = [](const char* at, std::size_t bytes) {
    std::uint64_t out = 0;
    std::memcpy(&out, at, bytes);
    return out;
  };
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = mixed(seed ^ kA, left ^ kB);
  for (; left > 16; at += 16, left -= 16) hash = mixed(word(at, 8) ^ hash, word(at + 8, 8) ^ kA);
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (left >= 8) {
    low = word(at, 8);
    high = word(at + left - 8, 8);
  } else if (left >= 4) {
    low = word(at, 4);
    high = word(at + left - 4, 4);
  } else if (left > 0) {
    low = static_cast<unsigned char>(at[0]) | std::uint64_t{static_cast<unsigned char>(at[left / 2])} << 8 |
          std::uint64_t{static_cast<unsigned char>(at[left - 1])} << 16;
  }
  return mixed(low ^ hash, high ^ kB);
}

}  // namespace tidegate
