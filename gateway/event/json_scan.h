#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "gateway/event/limits.h"

namespace tidegate {

/// Walks a text of UTF-8 piece by piece and checks that it is JSON (RFC 8259) as is_embeddable_json wants it. Each
/// function takes the place where its piece begins and returns the place behind it, or null when it is not there.
/// (Places travel by value so that they stay in registers: payloads are read this way at the rate they come in.)
class JsonScan {
 public:
  using At = const char*;

  explicit JsonScan(std::string_view text) noexcept : begin_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] At begin() const noexcept { return begin_; }
  [[nodiscard]] At end() const noexcept { return end_; }
  /// The byte at this place; 0 at the end.
  [[nodiscard]] char peek(At at) const noexcept { return at < end_ ? *at : '\0'; }

  [[nodiscard]] At space(At at) const noexcept {
    while (at < end_ && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
    return at;
  }

  /// A string with its quotes. Sets `escaped` when there is a backslash in it.
  [[nodiscard]] At string(At at, bool& escaped) const noexcept {
    if (peek(at) != '"') return nullptr;
    at = stop(at + 1);
    if (at < end_ && *at == '"') return at + 1;
    return string_with_escapes(at, escaped);
  }

  /// A number, true, false or null.
  [[nodiscard]] At plain(At at) const noexcept {
    switch (peek(at)) {
      case 't': return word(at, "true");
      case 'f': return word(at, "false");
      case 'n': return word(at, "null");
      default: return number(at);
    }
  }

  /// One value of any kind, without space around it.
  [[nodiscard]] At value(At at) noexcept {
    switch (peek(at)) {
      case '"': {
        bool escaped = false;
        return string(at, escaped);
      }
      case '{': return object(at, [this](std::string_view, bool, At member) { return value(member); });
      case '[': return array(at, [this](At element) { return value(element); });
      default: return plain(at);
    }
  }

  /// An object. Calls `each(name, escaped, at)` for every member: the name without its quotes as it is written, whether
  /// there are escapes in it, where the value begins; it returns the place behind the value, or null.
  template <class Each>
  [[nodiscard]] At object(At at, Each each) noexcept {  // NOLINT(misc-no-recursion): as deep as limits::kJsonDepthMax
    if (depth_ == limits::kJsonDepthMax) return nullptr;
    ++depth_;
    at = space(at + 1);
    if (peek(at) == '}') return leave(at);
    for (;;) {
      bool escaped = false;
      const At name = at;
      at = string(at, escaped);
      if (at == nullptr) return nullptr;
      const std::string_view text(name + 1, static_cast<std::size_t>(at - name) - 2);
      at = space(at);
      if (peek(at) != ':') return nullptr;
      at = each(text, escaped, space(at + 1));
      if (at == nullptr) return nullptr;
      at = space(at);
      if (peek(at) == '}') return leave(at);
      if (peek(at) != ',') return nullptr;
      at = space(at + 1);
    }
  }

  /// An array. Calls `each(at)` for every element; it returns the place behind the element, or null.
  template <class Each>
  [[nodiscard]] At array(At at, Each each) noexcept {  // NOLINT(misc-no-recursion): as deep as limits::kJsonDepthMax
    if (depth_ == limits::kJsonDepthMax) return nullptr;
    ++depth_;
    at = space(at + 1);
    if (peek(at) == ']') return leave(at);
    for (;;) {
      at = each(at);
      if (at == nullptr) return nullptr;
      at = space(at);
      if (peek(at) == ']') return leave(at);
      if (peek(at) != ',') return nullptr;
      at = space(at + 1);
    }
  }

 private:
  /// Bytes that end the fast run through a string: quote, backslash, controls.
  static constexpr std::array<bool, 256> kStops = [] {
    std::array<bool, 256> stops{};
    for (std::size_t c = 0; c < 0x20; ++c) stops[c] = true;
    stops['"'] = stops['\\'] = true;
    return stops;
  }();

  /// From the first stop of a string on.
  [[nodiscard, gnu::noinline]] At string_with_escapes(At at, bool& escaped) const noexcept {
    for (;; at = stop(at)) {
      if (at == end_) return nullptr;
      if (*at == '"') return at + 1;
      if (*at != '\\') return nullptr;
      escaped = true;
      at = escape(at + 1);
      if (at == nullptr) return nullptr;
    }
  }

  At leave(At at) noexcept {
    --depth_;
    return at + 1;
  }

  /// The next byte of kStops, or the end.
  [[nodiscard]] At stop(At at) const noexcept {
#if defined(__SSE2__)
    while (end_ - at >= 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
      const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
      const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
      const int stops = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control));
      if (stops != 0) return at + std::countr_zero(static_cast<unsigned>(stops));
      at += 16;
    }
#endif
    while (at != end_ && !kStops[static_cast<unsigned char>(*at)]) ++at;
    return at;
  }

  /// What follows a backslash.
  [[nodiscard]] At escape(At at) const noexcept {
    if (at == end_) return nullptr;
    const char c = *at++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos ? at : nullptr;
    unsigned unit = 0;
    at = hex4(at, unit);
    if (at == nullptr || unit < 0xD800 || unit > 0xDFFF) return at;
    if (unit > 0xDBFF || end_ - at < 2 || at[0] != '\\' || at[1] != 'u') return nullptr;
    at = hex4(at + 2, unit);
    return unit >= 0xDC00 && unit <= 0xDFFF ? at : nullptr;
  }

  [[nodiscard]] At hex4(At at, unsigned& unit) const noexcept {
    if (end_ - at < 4) return nullptr;
    unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *at++;
      const char low = static_cast<char>(c | 0x20);
      if (is_digit(c)) {
        unit = unit * 16 + static_cast<unsigned>(c - '0');
      } else if (low >= 'a' && low <= 'f') {
        unit = unit * 16 + static_cast<unsigned>(low - 'a' + 10);
      } else {
        return nullptr;
      }
    }
    return at;
  }

  [[nodiscard]] At number(At at) const noexcept {
    if (peek(at) == '-') ++at;
    if (peek(at) == '0') {
      ++at;
    } else {
      at = digits(at);
    }
    if (at != nullptr && peek(at) == '.') at = digits(at + 1);
    if (at != nullptr && (peek(at) | 0x20) == 'e') {
      ++at;
      if (peek(at) == '+' || peek(at) == '-') ++at;
      at = digits(at);
    }
    return at;
  }

  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

  /// One digit or more.
  [[nodiscard]] At digits(At at) const noexcept {
    if (!is_digit(peek(at))) return nullptr;
    do ++at;
    while (at < end_ && is_digit(*at));
    return at;
  }

  [[nodiscard]] At word(At at, std::string_view expected) const noexcept {
    const bool there = static_cast<std::size_t>(end_ - at) >= expected.size() &&
                       std::memcmp(at, expected.data(), expected.size()) == 0;
    return there ? at + expected.size() : nullptr;
  }

  At begin_;
  At end_;
  std::size_t depth_ = 0;
};

}  // namespace tidegate
