#include "connectors/influxdb/line_protocol.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "connectors/influxdb/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::influxdb {

namespace {

Error invalid(std::string_view what) { return {ErrorCode::invalid, std::string(what)}; }

/// *Errors*: what no escape can say.
Status check_key(std::string_view text) {
  if (text.empty()) return invalid("is empty");
  if (text.size() > limits::kKeyBytesMax) {
    return invalid(
        fmt::format("has {} bytes, more than the {} that InfluxDB takes", text.size(), limits::kKeyBytesMax));
  }
  if (text.find_first_of("\n\r") != std::string_view::npos) return invalid("holds a line break");
  if (text.back() == '\\') return invalid("ends with a backslash, which the line protocol cannot say");
  if (!is_utf8(text)) return invalid("is not UTF-8");
  return {};
}

void append_escaped(std::string_view text, std::string_view escaped, std::string& out) {
  for (const char c : text) {
    if (escaped.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
}

/// What a JSON string says, or the value as it is written.
std::string content_of(std::string_view json) {
  return json.front() == '"' ? json_string_content(json) : std::string(json);
}

std::optional<double> number_of(std::string_view text) {
  // The grammar of JSON: strtod knows more, such as 0x10 and inf.
  const bool is_number = !text.empty() && (text.front() == '-' || (text.front() >= '0' && text.front() <= '9')) &&
                         json_value_end(text) == text.size();
  if (!is_number) return std::nullopt;
  const double value = std::strtod(std::string(text).c_str(), nullptr);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

template <class Integer>
std::optional<Integer> integer_of(std::string_view text) {
  Integer value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && rest == end) return value;
  constexpr double kExactMax = 9007199254740992.0;  // beyond, a double stands for several integers
  const auto number = number_of(text);
  if (!number || std::trunc(*number) != *number || std::fabs(*number) > kExactMax) return std::nullopt;
  if (*number < 0 && std::is_unsigned_v<Integer>) return std::nullopt;
  return static_cast<Integer>(*number);
}

Status append_real(std::string_view text, std::string& out) {
  if (!number_of(text)) return invalid("is no number that a float can hold");
  out += text;
  return {};
}

template <class Integer>
Status append_integer(std::string_view text, char suffix, std::string& out) {
  const auto value = integer_of<Integer>(text);
  if (!value) return invalid(std::is_unsigned_v<Integer> ? "is no unsigned integer" : "is no integer");
  fmt::format_to(std::back_inserter(out), "{}{}", *value, suffix);
  return {};
}

Status append_boolean(std::string_view text, std::string& out) {
  if (text != "true" && text != "false") return invalid("is neither true nor false");
  out += text;
  return {};
}

}  // namespace

Status append_measurement(std::string_view text, std::string& out) {
  if (Status checked = check_key(text); !checked) return checked;
  if (text.front() == '#') return invalid("begins with #, which begins a comment");
  append_escaped(text, ", ", out);
  return {};
}

Status append_key(std::string_view text, std::string& out) {
  if (Status checked = check_key(text); !checked) return checked;
  append_escaped(text, ",= ", out);
  return {};
}

void append_text(std::string_view text, std::string& out) {
  out += '"';
  append_escaped(text, "\"\\", out);
  out += '"';
}

Status append_value(FieldType type, std::string_view json, std::string& out) {
  switch (type) {
    case FieldType::automatic:
      if (json == "true" || json == "false") return append_boolean(json, out);
      if (json.front() != '"' && json.front() != '{' && json.front() != '[') return append_real(json, out);
      break;
    case FieldType::real: return append_real(content_of(json), out);
    case FieldType::integer: return append_integer<std::int64_t>(content_of(json), 'i', out);
    case FieldType::unsigned_integer: return append_integer<std::uint64_t>(content_of(json), 'u', out);
    case FieldType::boolean: return append_boolean(content_of(json), out);
    case FieldType::text: break;
  }
  append_text(content_of(json), out);
  return {};
}

}  // namespace tidegate::influxdb
