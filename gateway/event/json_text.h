#pragma once

#include <string>
#include <string_view>

namespace tidegate {

/// True when `text` is one JSON value that may stand verbatim inside another JSON document: RFC 8259 grammar, valid
/// UTF-8, no unpaired surrogate escapes (many parsers refuse those), nesting within limits::kJsonDepthMax.
/// Uses no memory of its own; about 1 ns per byte.
bool is_embeddable_json(std::string_view text) noexcept;

/// True when `text` is valid UTF-8 (RFC 3629).
bool is_utf8(std::string_view text) noexcept;

/// Appends `text` as a JSON string with its quotes. Bytes that are not valid UTF-8 become U+FFFD.
void append_json_string(std::string_view text, std::string& out);

/// Appends base64 of `bytes` (RFC 4648, section 4, padded), without quotes.
void append_base64(std::string_view bytes, std::string& out);

}  // namespace tidegate
