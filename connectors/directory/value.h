#pragma once

#include <string>
#include <string_view>

#include "connectors/directory/options.h"

namespace tidegate::directory {

/// Appends a field as a JSON value of the given type. `quoted`: it stood in quotes. The text is valid in its encoding.
/// Returns null, or what is wrong with it: "is not a number".
const char* append_value(std::string& out, std::string_view text, ValueType type, bool quoted, Encoding encoding);

/// Appends text as a JSON string, in UTF-8.
void append_text(std::string& out, std::string_view text, Encoding encoding);

/// Appends text in UTF-8.
void append_utf8(std::string& out, std::string_view text, Encoding encoding);

/// Without spaces and tabs around it.
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace tidegate::directory
