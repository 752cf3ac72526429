#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

/// InfluxDB's line protocol, piece by piece. *Source*: InfluxDB 1.8 and 2.7, "Line protocol": measurements escape comma
/// and space, tags and names of fields also the equals sign, texts quote and backslash. What it has no way of saying is
/// an error: invalid, to be read after the name of the piece.
namespace tidegate::influxdb {

/// Not empty, no # at its beginning (that is a comment), no line break, no backslash at its end.
Status append_measurement(std::string_view text, std::string& out);
/// A name of a tag or a field, or the value of a tag.
Status append_key(std::string_view text, std::string& out);
/// The value of a field that is a text, with its quotes.
void append_text(std::string_view text, std::string& out);

enum class FieldType : std::uint8_t { automatic, real, integer, unsigned_integer, boolean, text };

/// Appends a JSON value as the value of a field. Automatic: numbers are floats, strings texts, objects and arrays texts
/// that hold their JSON. Other types take what can be read as one of theirs. Not for null. *Errors*: invalid.
Status append_value(FieldType type, std::string_view json, std::string& out);

}  // namespace tidegate::influxdb
