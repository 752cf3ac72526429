#include "gateway/config/scalars.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "gateway/event/rfc3339.h"

namespace tidegate {

namespace {

Error invalid(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

template <class T>
std::optional<T> whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 5> kTimeUnits{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 9> kSizeUnits{{{"B", 1},
                                          {"KB", 1000},
                                          {"KiB", 1024},
                                          {"MB", 1000'000},
                                          {"MiB", 1ull << 20},
                                          {"GB", 1000'000'000},
                                          {"GiB", 1ull << 30},
                                          {"TB", 1000'000'000'000},
                                          {"TiB", 1ull << 40}}};

/// A whole number with one of the units, as a count of the smallest unit.
Result<std::uint64_t> read_with_unit(std::string_view text, std::span<const Unit> units, std::string_view what,
                                     std::string_view names, std::string_view example) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view unit_name = text.substr(digits);
  if (unit_name.starts_with(' ')) unit_name.remove_prefix(1);
  if (digits == 0) return invalid(fmt::format("is not {}; write a whole number and a unit, as in {}", what, example));
  if (unit_name.empty()) return invalid(fmt::format("has no unit; write one of {}, as in {}", names, example));
  const auto unit = std::ranges::find(units, unit_name, &Unit::name);
  if (unit == units.end()) {
    return invalid(fmt::format("is not {}; write a whole number and one of {}, as in {}", what, names, example));
  }
  const auto count = whole<std::uint64_t>(text.substr(0, digits));
  // Half of the range: every value also fits a signed count.
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!count || *count > kMax / unit->factor) return invalid("is too large");
  return *count * unit->factor;
}

std::string write_with_unit(std::uint64_t value, std::span<const Unit> units, std::string_view zero) {
  if (value == 0) return std::string(zero);
  const Unit* best = units.data();
  for (const Unit& unit : units) {
    if (value % unit.factor == 0 && unit.factor > best->factor) best = &unit;
  }
  return fmt::format("{}{}", value / best->factor, best->name);
}

}  // namespace

Result<bool> read_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return invalid("is neither true nor false");
}

Result<std::int64_t> read_signed(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (!is_digits(text.substr(negative ? 1 : 0))) return invalid("is not a whole number");
  if (const auto value = whole<std::int64_t>(text)) return *value;
  return invalid("is too large");
}

Result<std::uint64_t> read_unsigned(std::string_view text) {
  if (text.starts_with('-') && is_digits(text.substr(1))) return invalid("is negative; write 0 or more");
  if (!is_digits(text)) return invalid("is not a whole number");
  if (const auto value = whole<std::uint64_t>(text)) return *value;
  return invalid("is too large");
}

Result<double> read_number(std::string_view text) {
  const auto value = whole<double>(text);
  if (!value || !std::isfinite(*value)) return invalid("is not a number");
  return *value;
}

Result<milliseconds> read_duration(std::string_view text) {
  auto count = read_with_unit(text, kTimeUnits, "a duration", "ms, s, m, h, d", "30s");
  if (!count) return count.error();
  return milliseconds{static_cast<std::int64_t>(*count)};
}

Result<ByteSize> read_byte_size(std::string_view text) {
  auto count = read_with_unit(text, kSizeUnits, "a size", "B, KiB, MiB, GiB, TiB, KB, MB, GB, TB", "64KiB");
  if (!count) return count.error();
  return ByteSize{*count};
}

Result<WallTime> read_time(std::string_view text) {
  const auto time = parse_rfc3339(text);
  if (!time) return invalid("is not a time; write it as in 2026-05-01T06:00:00Z");
  return *time;
}

std::string write_duration(milliseconds value) {
  return write_with_unit(static_cast<std::uint64_t>(value.count()), kTimeUnits, "0s");
}

std::string write_byte_size(std::uint64_t bytes) { return write_with_unit(bytes, kSizeUnits, "0B"); }

std::string write_number(double value) { return fmt::format("{}", value); }

}  // namespace tidegate
