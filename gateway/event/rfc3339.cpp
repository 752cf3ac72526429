#include "gateway/event/rfc3339.h"

#include <algorithm>

namespace tidegate {

namespace {

void append_digits(int value, int width, std::string& out) {
  const std::size_t end = out.size() + static_cast<std::size_t>(width);
  out.resize(end, '0');
  for (std::size_t at = end; width > 0; --width, value /= 10) out[--at] = static_cast<char>('0' + value % 10);
}

/// Takes `digits` digits off the front, and the separator after them.
std::optional<int> take_number(std::string_view& text, std::size_t digits, std::string_view separator) noexcept {
  if (text.size() < digits + separator.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  if (!text.starts_with(separator)) return std::nullopt;
  text.remove_prefix(separator.size());
  return value;
}

/// Takes ".123" off the front; digits past the third are dropped.
std::optional<milliseconds> take_fraction(std::string_view& text) noexcept {
  if (!text.starts_with('.')) return milliseconds{0};
  text.remove_prefix(1);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  int thousandths = 0;
  for (std::size_t i = 0; i < 3; ++i) thousandths = thousandths * 10 + (i < digits ? text[i] - '0' : 0);
  text.remove_prefix(digits);
  return milliseconds{thousandths};
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) noexcept {
  using std::chrono::minutes;
  if (text == "Z" || text == "z") return minutes{0};
  const bool negative = text.starts_with('-');
  if (!negative && !text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, ":");
  const auto minute = take_number(text, 2, "");
  if (!hours || !minute || !text.empty() || *hours > 23 || *minute > 59) return std::nullopt;
  const minutes offset{*hours * 60 + *minute};
  return negative ? -offset : offset;
}

}  // namespace

void append_rfc3339(WallTime time, std::string& out) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  auto ms = static_cast<int>((time - day).count());
  append_digits(static_cast<int>(date.year()), 4, out);
  out += '-';
  append_digits(static_cast<int>(static_cast<unsigned>(date.month())), 2, out);
  out += '-';
  append_digits(static_cast<int>(static_cast<unsigned>(date.day())), 2, out);
  out += 'T';
  append_digits(ms / 3'600'000, 2, out);
  out += ':';
  append_digits(ms / 60'000 % 60, 2, out);
  out += ':';
  append_digits(ms / 1000 % 60, 2, out);
  out += '.';
  append_digits(ms % 1000, 3, out);
  out += 'Z';
}

std::string format_utc(WallTime time) {
  std::string out;
  append_rfc3339(time, out);
  return out;
}

std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept {
  using namespace std::chrono;
  const auto year_number = take_number(text, 4, "-");
  const auto month_number = take_number(text, 2, "-");
  const auto day_number = take_number(text, 2, "");
  if (!year_number || !month_number || !day_number || text.empty()) return std::nullopt;
  if (text.front() != 'T' && text.front() != 't' && text.front() != ' ') return std::nullopt;
  text.remove_prefix(1);
  const auto hour = take_number(text, 2, ":");
  const auto minute = take_number(text, 2, ":");
  const auto second = take_number(text, 2, "");
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto offset = take_offset(text);
  const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                            day{static_cast<unsigned>(*day_number)}};
  if (!offset || !date.ok()) return std::nullopt;
  return WallTime{sys_days{date}} + hours{*hour} + minutes{*minute} + seconds{*second} + *fraction - *offset;
}

}  // namespace tidegate
