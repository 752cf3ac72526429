#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate {

/// 128 bits that stand for some bytes, the same on every machine and in every version. Against chance, not attackers.
/// *Source*: github.com/Cyan4973/xxHash, XXH3_128bits.
struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};
Digest digest(std::string_view bytes) noexcept;
/// 32 hexadecimal digits.
std::string hex(const Digest& digest);

}  // namespace tidegate
