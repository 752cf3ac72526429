#pragma once

#include <cassert>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// The primitive types of MQTT (MQTT 5, section 1.5), read from views and appended to strings.
namespace tidegate::mqtt {

/// The largest number a Variable Byte Integer holds; also the largest Remaining Length (section 1.5.5).
inline constexpr std::uint32_t kVarintMax = 268'435'455;
inline constexpr std::size_t kStringBytesMax = 65'535;

/// True for UTF-8 as section 1.5.4 wants it: well formed, no surrogates, no U+0000.
bool valid_utf8(std::string_view text) noexcept;

/// Reads from the front of a view. The first read past the end makes ok() false for good; reads then give zeros.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  std::uint8_t u8() noexcept {
    const std::string_view b = bytes(1);
    return b.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(b[0]);
  }
  std::uint16_t u16() noexcept {
    const auto high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() noexcept {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  std::string_view bytes(std::size_t n) noexcept {
    if (n > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  /// Binary Data, or the bytes of a UTF-8 string that is not checked here.
  std::string_view sized() noexcept { return bytes(u16()); }
  /// Variable Byte Integer; more than four bytes, or more than it takes, is not ok (section 1.5.5).
  std::uint32_t varint() noexcept;

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void put_u8(std::string& out, std::uint8_t value);
void put_u16(std::string& out, std::uint16_t value);
void put_u32(std::string& out, std::uint32_t value);
void put_varint(std::string& out, std::uint32_t value);
/// `bytes` is at most kStringBytesMax long.
void put_sized(std::string& out, std::string_view bytes);
constexpr std::size_t varint_size(std::size_t value) noexcept {
  return value < 128 ? 1 : value < 16'384 ? 2 : value < 2'097'152 ? 3 : 4;
}

}  // namespace tidegate::mqtt
