#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate {

/// XXH3 (64 bit): finds damage, not tampering. *Source*: github.com/Cyan4973/xxHash, XXH3_64bits_withSeed.
std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0) noexcept;

}  // namespace tidegate
