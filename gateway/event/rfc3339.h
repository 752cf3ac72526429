#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"

namespace tidegate {

/// Appends the time as RFC 3339 with milliseconds, UTC: "2026-01-02T03:04:05.678Z".
void append_rfc3339(WallTime time, std::string& out);
/// The same as a text of its own.
std::string format_utc(WallTime time);

/// Reads a time with Z or an offset; digits past the millisecond are dropped. A space in place of the T is taken too.
/// *Source*: RFC 3339, section 5.6.
std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept;

}  // namespace tidegate
