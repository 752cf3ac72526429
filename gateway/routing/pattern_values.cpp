#include "gateway/routing/pattern_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace tidegate {

namespace {

/// A decimal number in one form: digits without zeros at the ends, times ten to the exponent. Zero has no digits.
struct Decimal {
  std::array<char, 24> digits{};  ///< as far as they fit; no double's shortest form has more than 17
  std::size_t count = 0;
  std::int64_t exponent = 0;  ///< of the last digit
  bool negative = false;

  friend bool operator==(const Decimal& a, const Decimal& b) {
    return a.count == b.count && a.exponent == b.exponent && a.negative == b.negative &&
           std::equal(a.digits.begin(),
                      a.digits.begin() + static_cast<std::ptrdiff_t>(std::min(a.count, a.digits.size())),
                      b.digits.begin());
  }
};

Decimal read_decimal(std::string_view text) noexcept {
  Decimal out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  std::int64_t fraction = 0;
  std::size_t zeros = 0;  // not yet known whether they end the number
  bool after_point = false;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    const char c = text[i];
    if (c == '.') {
      after_point = true;
      continue;
    }
    if (after_point) ++fraction;
    if (c == '0') {
      zeros += out.count > 0 ? 1 : 0;
      continue;
    }
    for (; zeros > 0; --zeros, ++out.count) {
      if (out.count < out.digits.size()) out.digits[out.count] = '0';
    }
    if (out.count < out.digits.size()) out.digits[out.count] = c;
    ++out.count;
  }
  if (out.count == 0) return {};
  std::int64_t written = 0;
  if (i < text.size()) {
    const char* first = text.data() + i + 1;
    if (*first == '+') ++first;
    const auto [end, error] = std::from_chars(first, text.data() + text.size(), written);
    // Far beyond any double, in either direction: the sum below must not overflow.
    constexpr std::int64_t kFar = 1'000'000'000'000;
    if (error != std::errc{}) written = *first == '-' ? -kFar : kFar;
    written = std::clamp(written, -kFar, kFar);
  }
  out.exponent = written - fraction + static_cast<std::int64_t>(zeros);
  return out;
}

/// Whether the number, the shortest form of a double, is halfway between two doubles. A double has 53 bits; what lies
/// halfway has 54: an odd number of 54 bits times a power of two. Only whole numbers that end in zeros come into
/// question; of others the double itself has a form as short.
bool is_halfway(const Decimal& number) noexcept {
  constexpr std::int64_t kExponentMax = 23;  // the odd part has a factor 5 for each ten, and 5^24 has 56 bits
  if (number.exponent <= 0 || number.exponent > kExponentMax) return false;
  __extension__ using Wide = unsigned __int128;
  Wide odd = 0;
  for (std::size_t i = 0; i < number.count; ++i) odd = odd * 10 + static_cast<unsigned>(number.digits[i] - '0');
  for (std::int64_t i = 0; i < number.exponent; ++i) odd *= 5;
  while ((odd & 1) == 0) odd >>= 1;
  constexpr auto kBits54 = static_cast<Wide>(1) << 54;
  return odd < kBits54 && odd >= kBits54 >> 1;
}

}  // namespace

std::optional<double> comparable_number(std::string_view json_number) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(json_number.data(), json_number.data() + json_number.size(), value);
  if (error == std::errc::invalid_argument || end != json_number.data() + json_number.size()) return std::nullopt;
  const std::size_t digits = json_number.size() - (json_number.starts_with('-') ? 1 : 0);
  const bool plain = json_number.find_first_of("eE") == std::string_view::npos;
  // Up to 15 digits survive the way to a double and back, and are too few to lie halfway.
  if (error == std::errc{} && plain && digits <= 15) return value + 0.0;
  const Decimal written = read_decimal(json_number);
  if (written.count == 0) return 0.0;
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  std::array<char, 32> shortest{};
  const auto printed =
      std::to_chars(shortest.data(), shortest.data() + shortest.size(), value, std::chars_format::scientific);
  if (!(read_decimal({shortest.data(), static_cast<std::size_t>(printed.ptr - shortest.data())}) == written)) {
    return std::nullopt;
  }
  if (is_halfway(written)) return std::nullopt;
  return value;
}

namespace {

std::optional<IpAddress> parse_v4(std::string_view text) noexcept {
  IpAddress out;
  if (text.size() > 15) return std::nullopt;  // the longest: 255.255.255.255
  for (std::size_t part = 0; part < 4; ++part) {
    unsigned value = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
      value = value * 10 + static_cast<unsigned>(text[digits] - '0');
      if (value > 255) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    out.bytes[part] = static_cast<std::uint8_t>(value);
    if (part == 3) break;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

std::optional<IpAddress> parse_v6(std::string_view text) noexcept {
  std::array<std::uint16_t, 8> groups{};
  std::size_t count = 0;
  std::size_t gap = groups.size() + 1;  // where :: stands
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (count == groups.size()) return std::nullopt;
    const std::size_t digits = std::min(text.find(':'), text.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, groups[count], 16);
    if (error != std::errc{} || end != text.data() + digits || digits > 4 || text.front() == '-') return std::nullopt;
    ++count;
    text.remove_prefix(digits);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.empty()) return std::nullopt;  // ends with a single colon
    if (text.front() != ':') continue;
    if (gap <= groups.size()) return std::nullopt;
    gap = count;
    text.remove_prefix(1);
  }
  const bool has_gap = gap <= groups.size();
  if (has_gap ? count > 7 : count != 8) return std::nullopt;
  IpAddress out;
  out.v6 = true;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = has_gap && i >= gap ? 8 - count + i : i;
    out.bytes[2 * at] = static_cast<std::uint8_t>(groups[i] >> 8);
    out.bytes[2 * at + 1] = static_cast<std::uint8_t>(groups[i] & 0xFF);
  }
  return out;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) noexcept {
  if (text.size() < 2 || text.size() > 39) return std::nullopt;
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

IpAddress masked(IpAddress address, std::uint8_t bits) noexcept {
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const std::size_t kept = bits > 8 * i ? std::min<std::size_t>(8, bits - 8 * i) : 0;
    address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xFF00u >> kept));
  }
  return address;
}

bool IpNetwork::contains(const IpAddress& address) const noexcept {
  return address.v6 == first.v6 && masked(address, bits) == first;
}

bool Wildcard::matches(std::string_view value) const noexcept {
  const std::string& head = pieces.front();
  if (pieces.size() == 1) return value == head;
  const std::string& tail = pieces.back();
  if (value.size() < head.size() + tail.size() || !value.starts_with(head) || !value.ends_with(tail)) return false;
  value = value.substr(head.size(), value.size() - head.size() - tail.size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const std::size_t at = value.find(pieces[i]);
    if (at == std::string_view::npos) return false;
    value.remove_prefix(at + pieces[i].size());
  }
  return true;
}

std::optional<std::string> parse_wildcard(std::string_view text, Wildcard& out) {
  out.pieces.assign(1, {});
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      if (i + 1 == text.size() || (text[i + 1] != '*' && text[i + 1] != '\\')) {
        return "a backslash in a wildcard stands before * or another backslash; write \\\\ for a backslash";
      }
      out.pieces.back() += text[++i];
    } else if (text[i] == '*') {
      if (out.pieces.size() > 1 && out.pieces.back().empty()) return "two * in a row say no more than one; write one";
      out.pieces.emplace_back();
    } else {
      out.pieces.back() += text[i];
    }
  }
  return std::nullopt;
}

}  // namespace tidegate
