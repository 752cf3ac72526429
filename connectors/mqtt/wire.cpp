#include "connectors/mqtt/wire.h"

#include "gateway/base/utf8.h"

namespace tidegate::mqtt {

bool valid_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    // Topics and names are nearly always ASCII: eight bytes at a time while none is zero or past 0x7F.
    while (text.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      const std::uint64_t zero_or_high = ((word - 0x0101010101010101u) | word) & 0x8080808080808080u;
      if (zero_or_high != 0) break;
      text.remove_prefix(8);
    }
    if (text.empty()) break;
    const std::size_t size = text.front() == '\0' ? 0 : utf8_length(text);
    if (size == 0) return false;
    text.remove_prefix(size);
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
