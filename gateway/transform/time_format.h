#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace tidegate {

/// How a device writes a time: rfc3339; unix_s, unix_ms, unix_us or unix_ns (a count since 1970, fractions allowed); or
/// a pattern of %Y %y %m %b %d %j %H %I %p %M %S %f %z %% and other characters, which stand for themselves.
class TimeFormat {
 public:
  /// rfc3339.
  TimeFormat() = default;
  /// *Errors*: invalid, the remedy included; the message goes on after the offending text.
  static Result<TimeFormat> parse(std::string_view text);

  /// Reads a text that holds nothing but a time, of the years 1 to 9999. `zone` is its offset from UTC where the text
  /// has none; a text of rfc3339 without one needs it.
  [[nodiscard]] std::optional<WallTime> read(std::string_view text, std::optional<std::chrono::minutes> zone) const;

 private:
  enum class Kind : std::uint8_t { rfc3339, unix_time, pattern };
  /// What a pattern has read so far.
  struct Fields;
  [[nodiscard]] std::optional<WallTime> read_count(std::string_view text) const;
  [[nodiscard]] std::optional<WallTime> read_pattern(std::string_view text, std::chrono::minutes zone) const;
  /// Takes what the directive stands for off the front.
  static bool take(char directive, std::string_view& text, Fields& fields);

  Kind kind_ = Kind::rfc3339;
  double per_millisecond_ = 1;  ///< of unix_time: its units in a millisecond
  std::string pattern_;
};

/// An offset from UTC: "UTC", "Z", "+02:00" or "-0530". *Errors*: invalid; the message goes on after the text.
Result<std::chrono::minutes> read_zone(std::string_view text);

}  // namespace tidegate
