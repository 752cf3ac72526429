#include <array>
#include <cstdint>

#include "gateway/base/utf8.h"
#include "gateway/event/json_text.h"

namespace tidegate {

namespace {

constexpr std::string_view kSpace = " \n\r\t";

unsigned hex4(const char* at) noexcept {
  unsigned unit = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    const char low = static_cast<char>(c | 0x20);
    unit = unit * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : low - 'a' + 10);
  }
  return unit;
}

/// Appends what the escape at the front of `rest` stands for, and takes it off.
void take_escape(std::string_view& rest, std::string& out) {
  const char c = rest[1];
  std::size_t length = 2;
  switch (c) {
    case 'b': out += '\b'; break;
    case 'f': out += '\f'; break;
    case 'n': out += '\n'; break;
    case 'r': out += '\r'; break;
    case 't': out += '\t'; break;
    case 'u': {
      unsigned point = hex4(rest.data() + 2);
      length = 6;
      if (point >= 0xD800 && point <= 0xDBFF) {
        point = 0x10000 + ((point - 0xD800) << 10) + (hex4(rest.data() + 8) - 0xDC00);
        length = 12;
      }
      append_code_point(point, out);
      break;
    }
    default: out += c;
  }
  rest.remove_prefix(length);
}

constexpr std::array<std::uint8_t, 256> kBase64Values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(64);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

}  // namespace

JsonItems::JsonItems(std::string_view text) noexcept : text_(text) {
  space();
  is_object_ = take('{');
  is_array_ = !is_object_ && take('[');
  failed_ = !is_object_ && !is_array_;
}

bool JsonItems::next() noexcept {
  if (failed_ || closed_) return false;
  space();
  closed_ = take(is_object_ ? '}' : ']');
  if (closed_) return false;
  if (!first_) {
    if (!take(',')) return fail();
    space();
  }
  first_ = false;
  if (is_object_) {
    if (at_ == text_.size() || text_[at_] != '"') return fail();
    const std::size_t key_end = json_value_end(text_.substr(at_));
    if (key_end == 0) return fail();
    key_ = text_.substr(at_, key_end);
    key_.remove_suffix(key_.size() - 1 - key_.find_last_not_of(kSpace));
    at_ += key_end;
    if (!take(':')) return fail();
    space();
  }
  const std::size_t value_end = json_value_end(text_.substr(at_));
  if (value_end == 0) return fail();
  value_ = text_.substr(at_, value_end);
  value_.remove_suffix(value_.size() - 1 - value_.find_last_not_of(kSpace));
  at_ += value_end;
  return true;
}

bool JsonItems::fail() noexcept {
  failed_ = true;
  return false;
}

void JsonItems::space() noexcept {
  while (at_ < text_.size() && kSpace.find(text_[at_]) != std::string_view::npos) ++at_;
}

bool JsonItems::take(char c) noexcept {
  if (at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

std::string json_string_content(std::string_view written) {
  std::string out;
  std::string_view rest = written.substr(1, written.size() - 2);
  out.reserve(rest.size());
  for (;;) {
    const std::size_t escape = rest.find('\\');
    out += rest.substr(0, escape);
    if (escape == std::string_view::npos) return out;
    rest.remove_prefix(escape);
    take_escape(rest, out);
  }
}

bool append_from_base64(std::string_view text, std::string& out) {
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  out.reserve(out.size() + text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t value = kBase64Values[static_cast<unsigned char>(text[i])];
    if (value == 64) return false;
    bits = bits << 6 | value;
    if (i % 4 != 3) continue;
    out += {static_cast<char>(bits >> 16), static_cast<char>(bits >> 8), static_cast<char>(bits)};
    bits = 0;
  }
  if (padding == 0) return true;
  bits <<= 6 * padding;
  out += static_cast<char>(bits >> 16);
  if (padding == 1) out += static_cast<char>(bits >> 8);
  return true;
}

}  // namespace tidegate
