#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate {

/// A line of GET /v1/taps/N for a person: time, source, subject, routes (a dash: none), the payload's beginning.
/// Nothing that a terminal would obey. `own_source` is what the sources of the gateway's own events begin with; it is
/// left out.
std::string tap_text(std::string_view line, std::string_view own_source);

/// How many events were missed, when the line says that.
std::optional<std::uint64_t> tap_missed(std::string_view line);

}  // namespace tidegate
