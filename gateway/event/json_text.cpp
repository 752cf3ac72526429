#include "gateway/event/json_text.h"

#include <simdjson.h>

#include <array>
#include <cstdint>

#include "gateway/base/utf8.h"
#include "gateway/event/json_scan.h"

namespace tidegate {
namespace {

/// Bytes that a string has escaped.
constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> stops{};
  for (std::size_t c = 0; c < 0x20; ++c) stops[c] = true;
  stops['"'] = stops['\\'] = true;
  return stops;
}();

void append_escaped(unsigned char c, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

void append_escaped_run(std::string_view text, std::string& out) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!kEscaped[c]) continue;
    out.append(text, from, i - from);
    append_escaped(c, out);
    from = i + 1;
  }
  out.append(text, from, text.size() - from);
}

}  // namespace

bool is_embeddable_json(std::string_view text) noexcept {
  return is_utf8(text) && !text.empty() && json_value_end(text) == text.size();
}

std::size_t json_value_end(std::string_view text) noexcept {
  JsonScan scan(text);
  const JsonScan::At end = scan.value(scan.space(scan.begin()));
  return end == nullptr ? 0 : static_cast<std::size_t>(scan.space(end) - scan.begin());
}

bool is_utf8(std::string_view text) noexcept { return simdjson::validate_utf8(text.data(), text.size()); }

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  append_json_string_content(text, out);
  out += '"';
}

void append_json_string_content(std::string_view text, std::string& out) {
  if (is_utf8(text)) return append_escaped_run(text, out);
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      append_escaped_run(text.substr(0, length), out);
      text.remove_prefix(length);
    }
  }
}

void append_base64(std::string_view bytes, std::string& out) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + start;
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3) {
    const unsigned group = unsigned{from[0]} << 16 | unsigned{from[1]} << 8 | from[2];
    *to++ = kAlphabet[group >> 18];
    *to++ = kAlphabet[group >> 12 & 63];
    *to++ = kAlphabet[group >> 6 & 63];
    *to++ = kAlphabet[group & 63];
  }
  if (left == 0) return;
  const unsigned group = unsigned{from[0]} << 16 | (left == 2 ? unsigned{from[1]} << 8 : 0);
  *to++ = kAlphabet[group >> 18];
  *to++ = kAlphabet[group >> 12 & 63];
  *to++ = left == 2 ? kAlphabet[group >> 6 & 63] : '=';
  *to++ = '=';
}

}  // namespace tidegate
