#include "connectors/directory/value.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "connectors/directory/rows.h"
#include "gateway/event/json_text.h"

namespace tidegate::directory {

namespace {

/// Digits that a double holds exactly; longer numbers are more likely identifiers.
constexpr std::size_t kExactDigits = 15;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// What a text is as a JSON number.
struct Number {
  bool valid = false;
  bool whole = true;
  std::size_t digits = 0;
};

/// *Source*: RFC 8259, section 6.
Number read_number(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  Number number;
  const auto run = [&] {
    const char* const from = at;
    while (at != end && is_digit(*at)) ++at;
    number.digits += static_cast<std::size_t>(at - from);
    return at != from;
  };
  if (at != end && *at == '-') ++at;
  if (at == end) return number;
  if (*at == '0') {
    ++at;
    ++number.digits;
  } else if (!run()) {
    return number;
  }
  if (at != end && *at == '.') {
    ++at;
    number.whole = false;
    if (!run()) return number;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    number.whole = false;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!run()) return number;
  }
  number.valid = at == end;
  return number;
}

bool equals_folded(std::string_view text, std::string_view lower) noexcept {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b; });
}

const char* append_number(std::string& out, std::string_view text, bool whole) {
  text = trimmed(text);
  if (text.empty()) {
    out += "null";
    return nullptr;
  }
  if (text.front() == '+') text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  std::string_view digits = negative ? text.substr(1) : text;
  // Leading zeros are common in exports, and no JSON.
  while (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) digits.remove_prefix(1);
  const Number number = read_number(digits);
  if (!number.valid || digits.starts_with('-') || (whole && !number.whole))
    return whole ? "is not a whole number" : "is not a number with a decimal point";
  if (negative) out += '-';
  out += digits;
  return nullptr;
}

const char* append_boolean(std::string& out, std::string_view text) {
  text = trimmed(text);
  if (text.empty()) {
    out += "null";
  } else if (text == "1" || equals_folded(text, "true") || equals_folded(text, "yes")) {
    out += "true";
  } else if (text == "0" || equals_folded(text, "false") || equals_folded(text, "no")) {
    out += "false";
  } else {
    return "is not true or false";
  }
  return nullptr;
}

void append_inferred(std::string& out, std::string_view text, Encoding encoding) {
  if (text.empty()) {
    out += "null";
    return;
  }
  const char c = text.front();
  if (c == '-' || is_digit(c)) {
    const Number number = read_number(text);
    if (number.valid && number.digits <= kExactDigits) {
      out += text;
      return;
    }
  } else if (text == "true" || text == "false") {
    out += text;
    return;
  }
  append_text(out, text, encoding);
}

/// Bytes that a JSON string can't hold as they are.
constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> escaped{};
  for (std::size_t c = 0; c < 0x20; ++c) escaped[c] = true;
  escaped['"'] = escaped['\\'] = true;
  return escaped;
}();

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

void append_utf8(std::string& out, std::string_view text, Encoding encoding) {
  if (encoding == Encoding::utf8 || !has_high_bytes(text)) {
    out += text;
    return;
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0u | byte >> 6);
      out += static_cast<char>(0x80u | (byte & 0x3fu));
    }
  }
}

void append_text(std::string& out, std::string_view text, Encoding encoding) {
  const bool plain =
      std::none_of(text.begin(), text.end(), [](char c) { return kEscaped[static_cast<unsigned char>(c)]; });
  if (plain) {
    out += '"';
    append_utf8(out, text, encoding);
    out += '"';
    return;
  }
  if (encoding == Encoding::utf8) {
    append_json_string(text, out);
    return;
  }
  std::string converted;
  append_utf8(converted, text, encoding);
  append_json_string(converted, out);
}

const char* append_value(std::string& out, std::string_view text, ValueType type, bool quoted, Encoding encoding) {
  switch (type) {
    case ValueType::text: append_text(out, text, encoding); return nullptr;
    case ValueType::integer: return append_number(out, text, true);
    case ValueType::number: return append_number(out, text, false);
    case ValueType::boolean: return append_boolean(out, text);
    case ValueType::infer: break;
  }
  if (quoted) {
    append_text(out, text, encoding);
  } else {
    append_inferred(out, text, encoding);
  }
  return nullptr;
}

}  // namespace tidegate::directory
