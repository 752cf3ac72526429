#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate {

/// Bytes of the UTF-8 character that `text` begins with; 0 when it begins with none.
/// *Source*: RFC 3629, section 4 (no overlong forms, no surrogates, at most U+10FFFF).
std::size_t utf8_length(std::string_view text) noexcept;

/// Appends a Unicode scalar value as UTF-8.
void append_code_point(std::uint32_t point, std::string& out);

}  // namespace tidegate
