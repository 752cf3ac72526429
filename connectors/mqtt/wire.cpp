#include "connectors/mqtt/wire.h"

namespace tidegate::mqtt {

namespace {

/// The length of the well-formed sequence at the front of `text` (which starts past ASCII), 0 when there is none.
/// *Source*: Unicode 15, table 3-7.
std::size_t multibyte_size(const unsigned char* p, std::size_t left) noexcept {
  const auto in = [&](std::size_t i, unsigned low, unsigned high) { return i < left && p[i] >= low && p[i] <= high; };
  const unsigned lead = p[0];
  if (lead >= 0xC2 && lead <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool valid_utf8(std::string_view text) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t left = text.size();
  while (left > 0) {
    // Topics and names are nearly always ASCII: eight bytes at a time while none is zero or past 0x7F.
    while (left >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, p, 8);
      const std::uint64_t zero_or_high = ((word - 0x0101010101010101u) | word) & 0x8080808080808080u;
      if (zero_or_high != 0) break;
      p += 8;
      left -= 8;
    }
    if (left == 0) break;
    std::size_t size = 1;
    if (*p == 0) return false;
    if (*p >= 0x80 && (size = multibyte_size(p, left)) == 0) return false;
    p += size;
    left -= size;
  }
  return true;
}

std::uint32_t Reader::varint() noexcept {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const std::uint8_t byte = u8();
    value |= static_cast<std::uint32_t>(byte & 0x7F) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && i > 0) ok_ = false;
    return value;
  }
  ok_ = false;
  return value;
}

void put_u8(std::string& out, std::uint8_t value) { out.push_back(static_cast<char>(value)); }

void put_u16(std::string& out, std::uint16_t value) {
  const char bytes[] = {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
  out.append(bytes, sizeof bytes);
}

void put_u32(std::string& out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value >> 16));
  put_u16(out, static_cast<std::uint16_t>(value & 0xFFFF));
}

void put_varint(std::string& out, std::uint32_t value) {
  assert(value <= kVarintMax);
  do {
    const auto low = static_cast<std::uint8_t>(value & 0x7F);
    value >>= 7;
    put_u8(out, value != 0 ? static_cast<std::uint8_t>(low | 0x80) : low);
  } while (value != 0);
}

void put_sized(std::string& out, std::string_view bytes) {
  assert(bytes.size() <= kStringBytesMax);
  put_u16(out, static_cast<std::uint16_t>(bytes.size()));
  out.append(bytes);
}

}  // namespace tidegate::mqtt
