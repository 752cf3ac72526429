#include "gateway/transform/time_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "gateway/event/rfc3339.h"

namespace tidegate {

namespace {

using namespace std::chrono;

constexpr std::string_view kDirectives = "YymbdjHIpMSfz%";
constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::pair<std::string_view, double>, 4> kUnits{
    {{"unix_s", 1e-3}, {"unix_ms", 1.0}, {"unix_us", 1e3}, {"unix_ns", 1e6}}};
constexpr WallTime kFirst = sys_days{year{1} / January / 1};
constexpr WallTime kEnd = sys_days{year{10'000} / January / 1};

Error invalid(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes 1 to `digits` digits off the front.
bool take_number(std::string_view& text, std::size_t digits, int& out) {
  std::size_t length = 0;
  out = 0;
  while (length < std::min(digits, text.size()) && is_digit(text[length])) out = out * 10 + (text[length++] - '0');
  text.remove_prefix(length);
  return length > 0;
}

bool begins_with(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                    [](char low, char c) { return low == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c); });
}

bool take_month(std::string_view& text, int& month) {
  const auto found = std::ranges::find_if(kMonths, [&](std::string_view name) { return begins_with(text, name); });
  if (found == kMonths.end()) return false;
  month = static_cast<int>(found - kMonths.begin()) + 1;
  text.remove_prefix(3);
  return true;
}

/// Digits past the third are dropped.
bool take_thousandths(std::string_view& text, int& out) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  out = 0;
  for (std::size_t i = 0; i < 3; ++i) out = out * 10 + (i < length ? text[i] - '0' : 0);
  text.remove_prefix(length);
  return length > 0;
}

std::optional<minutes> take_zone(std::string_view& text) {
  if (text.starts_with('Z') || text.starts_with('z')) {
    text.remove_prefix(1);
    return minutes{0};
  }
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  int hour = 0;
  int minute = 0;
  if (!take_number(text, 2, hour)) return std::nullopt;
  if (text.starts_with(':')) text.remove_prefix(1);
  if (!take_number(text, 2, minute) || hour > 23 || minute > 59) return std::nullopt;
  const minutes offset{hour * 60 + minute};
  return negative ? -offset : offset;
}

}  // namespace

struct TimeFormat::Fields {
  int year = 1970;
  int month = 1;
  int day = 1;
  int day_of_year = 0;  ///< 0: month and day count
  int hour = 0;
  int hour_of_half = 0;  ///< 0: hour counts
  bool afternoon = false;
  int minute = 0;
  int second = 0;
  int thousandths = 0;
  std::optional<minutes> zone;

  [[nodiscard]] std::optional<WallTime> time(minutes otherwise) const {
    year_month_day date{std::chrono::year{year}, std::chrono::month(static_cast<unsigned>(month)),
                        std::chrono::day(static_cast<unsigned>(day))};
    if (day_of_year > 0) date = sys_days{std::chrono::year{year} / January / 1} + days{day_of_year - 1};
    const int of_day = hour_of_half > 0 ? hour_of_half % 12 + (afternoon ? 12 : 0) : hour;
    if (!date.ok() || date.year() != std::chrono::year{year}) return std::nullopt;
    if (of_day > 23 || hour_of_half > 12 || minute > 59 || second > 60) return std::nullopt;
    return WallTime{sys_days{date}} + hours{of_day} + minutes{minute} + seconds{second} + milliseconds{thousandths} -
           zone.value_or(otherwise);
  }
};

Result<TimeFormat> TimeFormat::parse(std::string_view text) {
  TimeFormat out;
  if (text == "rfc3339") return out;
  const auto unit = std::ranges::find(kUnits, text, &std::pair<std::string_view, double>::first);
  if (unit != kUnits.end()) {
    out.kind_ = Kind::unix_time;
    out.per_millisecond_ = unit->second;
    return out;
  }
  std::string used;
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 2)) {
    const std::string_view directive = text.substr(at, 2);
    if (directive.size() < 2 || kDirectives.find(directive[1]) == std::string_view::npos) {
      return invalid(fmt::format("has \"{}\"; there are %Y %y %m %b %d %j %H %I %p %M %S %f %z and %%", directive));
    }
    used += directive[1];
  }
  const auto has = [&](std::string_view any) { return used.find_first_of(any) != std::string::npos; };
  if (!has("Yy") || !(has("j") || (has("mb") && has("d")))) {
    return invalid(
        "names no date; write rfc3339, unix_s, unix_ms, unix_us, unix_ns, or a pattern as %Y-%m-%d %H:%M:%S");
  }
  if (has("I") != has("p")) return invalid("needs %I and %p together: the hour of a half day, and which half");
  out.kind_ = Kind::pattern;
  out.pattern_ = text;
  return out;
}

std::optional<WallTime> TimeFormat::read(std::string_view text, std::optional<minutes> zone) const {
  std::optional<WallTime> time;
  switch (kind_) {
    case Kind::rfc3339:
      time = parse_rfc3339(text);
      if (!time && zone) {
        time = parse_rfc3339(std::string(text) + "Z");
        if (time) *time -= *zone;
      }
      break;
    case Kind::unix_time: time = read_count(text); break;
    case Kind::pattern: time = read_pattern(text, zone.value_or(minutes{0}));
  }
  return time && *time >= kFirst && *time < kEnd ? time : std::nullopt;
}

std::optional<WallTime> TimeFormat::read_count(std::string_view text) const {
  constexpr auto kMillisecondsMax = static_cast<double>(kEnd.time_since_epoch().count());
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  // A fraction of a second is rarely exact in binary; a millisecond after all is what was meant.
  const double ms = std::round(count / per_millisecond_);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !(std::abs(ms) <= kMillisecondsMax)) return std::nullopt;
  return WallTime{milliseconds{static_cast<std::int64_t>(ms)}};
}

std::optional<WallTime> TimeFormat::read_pattern(std::string_view text, minutes zone) const {
  Fields fields;
  for (std::size_t at = 0; at < pattern_.size(); ++at) {
    if (pattern_[at] == '%') {
      if (!take(pattern_[++at], text, fields)) return std::nullopt;
    } else {
      if (!text.starts_with(pattern_[at])) return std::nullopt;
      text.remove_prefix(1);
    }
  }
  return text.empty() ? fields.time(zone) : std::nullopt;
}

bool TimeFormat::take(char directive, std::string_view& text, Fields& fields) {
  switch (directive) {
    case 'Y': return take_number(text, 4, fields.year);
    case 'y':
      // As POSIX has it for strptime.
      if (!take_number(text, 2, fields.year)) return false;
      fields.year += fields.year < 69 ? 2000 : 1900;
      return true;
    case 'm': return take_number(text, 2, fields.month);
    case 'b': return take_month(text, fields.month);
    case 'd': return take_number(text, 2, fields.day);
    case 'j': return take_number(text, 3, fields.day_of_year) && fields.day_of_year > 0;
    case 'H': return take_number(text, 2, fields.hour);
    case 'I': return take_number(text, 2, fields.hour_of_half) && fields.hour_of_half > 0;
    case 'p':
      fields.afternoon = begins_with(text, "pm");
      if (!fields.afternoon && !begins_with(text, "am")) return false;
      text.remove_prefix(2);
      return true;
    case 'M': return take_number(text, 2, fields.minute);
    case 'S': return take_number(text, 2, fields.second);
    case 'f': return take_thousandths(text, fields.thousandths);
    case 'z': return (fields.zone = take_zone(text)).has_value();
    default:
      if (!text.starts_with('%')) return false;
      text.remove_prefix(1);
      return true;
  }
}

Result<minutes> read_zone(std::string_view text) {
  if (text == "UTC") return minutes{0};
  std::string_view rest = text;
  const auto zone = take_zone(rest);
  if (zone && rest.empty()) return *zone;
  return invalid("is no offset from UTC; write UTC, or hours and minutes as in +02:00");
}

}  // namespace tidegate
