#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The values that event patterns compare: numbers, addresses, wildcards.
namespace tidegate {

/// A JSON number as a double, when the double stands for exactly this number: it is finite, its shortest decimal form
/// is the number, and the number does not lie halfway between two doubles (1e23). 1, 1.0 and 10e-1 are one, as are 0
/// and -0. Nothing otherwise (9007199254740993, 1e400): such a number has no order among others and is only equal to
/// its own spelling. *Source*: event-ruler 2.0, "numeric"; docs/decisions/0017.
std::optional<double> comparable_number(std::string_view json_number) noexcept;

/// An address of IPv4 (the first four bytes) or IPv6.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// Reads "10.0.0.1" (four decimal numbers; leading zeros mean nothing) or IPv6 without an embedded IPv4 address and
/// without a zone. *Source*: RFC 4291, section 2.2, forms 1 and 2.
std::optional<IpAddress> parse_ip(std::string_view text) noexcept;

/// A range of addresses of one family; host bits are zero.
struct IpNetwork {
  IpAddress first;
  std::uint8_t bits = 0;
  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
};

/// The first `bits` bits of an address, the others zero.
IpAddress masked(IpAddress address, std::uint8_t bits) noexcept;

/// A text in which * stands for any text: the literal pieces between the stars. One piece: no star.
struct Wildcard {
  std::vector<std::string> pieces;
  [[nodiscard]] bool matches(std::string_view value) const noexcept;
};

/// Reads a wildcard: \* is a star, \\ a backslash. A sentence when it is none.
std::optional<std::string> parse_wildcard(std::string_view text, Wildcard& out);

/// An interval of numbers; infinite where it has no bound.
struct NumberRange {
  double low;
  double high;
  bool with_low = false;
  bool with_high = false;
  [[nodiscard]] bool contains(double number) const noexcept {
    return (number > low || (with_low && number == low)) && (number < high || (with_high && number == high));
  }
};

}  // namespace tidegate
