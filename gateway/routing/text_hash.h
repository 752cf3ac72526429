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

/// A text of at most 16 bytes as two numbers: texts of one length are the same when these are.
struct TextWords {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const TextWords&, const TextWords&) = default;
};

inline TextWords text_words(const char* at, std::size_t length) noexcept {
  TextWords words;
  if (length >= 8) {
    std::memcpy(&words.low, at, 8);
    std::memcpy(&words.high, at + length - 8, 8);
  } else if (length >= 4) {
    std::memcpy(&words.low, at, 4);
    std::memcpy(&words.high, at + length - 4, 4);
  } else if (length > 0) {
    words.low = static_cast<unsigned char>(at[0]) | std::uint64_t{static_cast<unsigned char>(at[length / 2])} << 8 |
                std::uint64_t{static_cast<unsigned char>(at[length - 1])} << 16;
  }
  return words;
}

/// A hash of a short text for tables in memory, a few nanoseconds; not for files, not against attackers (who gain no
/// more than a comparison that fails). `seed` tells texts of different kinds apart.
inline std::uint64_t text_hash(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::uint64_t kA = 0x9E3779B97F4A7C15;
  constexpr std::uint64_t kB = 0xD6E8FEB86659FD93;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = mixed(seed ^ kA, left ^ kB);
  for (; left > 16; at += 16, left -= 16) {
    const TextWords words = text_words(at, 16);
    hash = mixed(words.low ^ hash, words.high ^ kA);
  }
  const TextWords words = text_words(at, left);
  return mixed(words.low ^ hash, words.high ^ kB);
}

}  // namespace tidegate
