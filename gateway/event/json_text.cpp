#include "gateway/event/json_text.h"

#include <simdjson.h>

#include <array>
#include <cstdint>

#include "gateway/event/limits.h"

namespace tidegate {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Bytes that end the fast run through a string: quote, backslash, controls.
constexpr std::array<bool, 256> kStopsString = [] {
  std::array<bool, 256> stops{};
  for (std::size_t c = 0; c < 0x20; ++c) stops[c] = true;
  stops['"'] = stops['\\'] = true;
  return stops;
}();

/// Checks one JSON value. Containers are kept as one bit each, so that depth costs no recursion.
class Validator {
 public:
  explicit Validator(std::string_view text) noexcept : at_(text.data()), end_(text.data() + text.size()) {}

  /// Reads one value and the space after it; null when there is none, else where that ends.
  const char* run() noexcept {
    for (;;) {
      if (!value()) return nullptr;
      if (opened_) continue;
      if (!after_value()) return nullptr;
      if (done_) return at_;
    }
  }

 private:
  /// Reads a scalar whole, or opens a container as far as its first value. opened_: a value must follow.
  bool value() noexcept {
    opened_ = false;
    space();
    if (at_ == end_) return false;
    switch (*at_) {
      case '"': return string();
      case '{': return open(true);
      case '[': return open(false);
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  bool open(bool object) noexcept {
    ++at_;
    if (depth_ == limits::kJsonDepthMax) return false;
    set_object(depth_++, object);
    space();
    if (at_ != end_ && *at_ == (object ? '}' : ']')) {
      ++at_;
      --depth_;
      return true;
    }
    opened_ = true;
    return !object || key();
  }

  /// Closes what ends here, or moves to the next value of the innermost container.
  bool after_value() noexcept {
    for (;;) {
      space();
      if (depth_ == 0) {
        done_ = true;
        return true;
      }
      if (at_ == end_) return false;
      const bool object = is_object(depth_ - 1);
      const char c = *at_++;
      if (c == ',') return !object || key();
      if (c != (object ? '}' : ']')) return false;
      --depth_;
    }
  }

  bool key() noexcept {
    space();
    if (at_ == end_ || *at_ != '"' || !string()) return false;
    space();
    return at_ != end_ && *at_++ == ':';
  }

  bool string() noexcept {
    ++at_;
    for (;;) {
      while (at_ != end_ && !kStopsString[static_cast<unsigned char>(*at_)]) ++at_;
      if (at_ == end_) return false;
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ != '\\' || !escape()) return false;
    }
  }

  bool escape() noexcept {
    ++at_;
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    unsigned unit = 0;
    if (!hex4(unit) || (unit >= 0xDC00 && unit <= 0xDFFF)) return false;
    if (unit < 0xD800 || unit > 0xDBFF) return true;
    if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return false;
    at_ += 2;
    return hex4(unit) && unit >= 0xDC00 && unit <= 0xDFFF;
  }

  bool hex4(unsigned& unit) noexcept {
    if (end_ - at_ < 4) return false;
    unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *at_++;
      const char low = static_cast<char>(c | 0x20);
      if (is_digit(c)) {
        unit = unit * 16 + static_cast<unsigned>(c - '0');
      } else if (low >= 'a' && low <= 'f') {
        unit = unit * 16 + static_cast<unsigned>(low - 'a' + 10);
      } else {
        return false;
      }
    }
    return true;
  }

  bool number() noexcept {
    if (*at_ == '-') ++at_;
    if (at_ == end_ || !is_digit(*at_)) return false;
    if (*at_ == '0') {
      ++at_;
    } else {
      digits();
    }
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ != end_ && (*at_ | 0x20) == 'e') {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!digits()) return false;
    }
    return true;
  }

  bool digits() noexcept {
    const char* from = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != from;
  }

  bool word(std::string_view expected) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < expected.size() || std::string_view(at_, expected.size()) != expected) {
      return false;
    }
    at_ += expected.size();
    return true;
  }

  void space() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  [[nodiscard]] bool is_object(std::size_t level) const noexcept { return (objects_[level / 64] >> (level % 64)) & 1; }
  void set_object(std::size_t level, bool object) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (level % 64);
    objects_[level / 64] = object ? objects_[level / 64] | bit : objects_[level / 64] & ~bit;
  }

  const char* at_;
  const char* end_;
  std::size_t depth_ = 0;
  bool opened_ = false;
  bool done_ = false;
  std::array<std::uint64_t, (limits::kJsonDepthMax + 63) / 64> objects_{};
};

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
    if (!kStopsString[c]) continue;
    out.append(text, from, i - from);
    append_escaped(c, out);
    from = i + 1;
  }
  out.append(text, from, text.size() - from);
}

/// Length of the valid UTF-8 sequence at the front of `text`, 0 when there is none.
std::size_t utf8_sequence(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return length <= text.size() && is_utf8(text.substr(0, length)) ? length : 0;
}

}  // namespace

bool is_embeddable_json(std::string_view text) noexcept {
  return is_utf8(text) && !text.empty() && json_value_end(text) == text.size();
}

std::size_t json_value_end(std::string_view text) noexcept {
  const char* end = Validator(text).run();
  return end == nullptr ? 0 : static_cast<std::size_t>(end - text.data());
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
    const std::size_t length = utf8_sequence(text);
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
