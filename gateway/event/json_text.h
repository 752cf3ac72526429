#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate {

/// True when `text` is one JSON value that may stand verbatim inside another JSON document: RFC 8259 grammar, valid
/// UTF-8, no unpaired surrogate escapes (many parsers refuse those), nesting within limits::kJsonDepthMax.
/// Uses no memory but a little stack per nesting; about 1 ns per byte.
bool is_embeddable_json(std::string_view text) noexcept;

/// Where the JSON value at the front of `text` ends, space around it included; 0 when there is none. The rules are
/// those of is_embeddable_json, except that `text` is already known to be UTF-8.
std::size_t json_value_end(std::string_view text) noexcept;

/// Walks the members of a JSON object or the elements of an array in place, checking each as json_value_end does.
///
///     JsonItems members(text);
///     while (members.next()) use(members.key(), members.value());
///     if (members.failed()) ...
class JsonItems {
 public:
  /// `text` is UTF-8 and begins with the container; space may precede it, anything may follow it.
  explicit JsonItems(std::string_view text) noexcept;

  [[nodiscard]] bool is_object() const noexcept { return is_object_; }
  [[nodiscard]] bool is_array() const noexcept { return is_array_; }
  /// Moves to the next item. False at the end of the container, or when it is no JSON.
  bool next() noexcept;
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  /// The member's name as it is written, quotes included. Empty in an array.
  [[nodiscard]] std::string_view key() const noexcept { return key_; }
  /// The value as it is written, without space around it.
  [[nodiscard]] std::string_view value() const noexcept { return value_; }
  /// Once next() returned false: where the container ends. When it failed: about where.
  [[nodiscard]] std::size_t end() const noexcept { return at_; }

 private:
  bool fail() noexcept;
  void space() noexcept;
  [[nodiscard]] bool take(char c) noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_object_ = false;
  bool is_array_ = false;
  bool first_ = true;
  bool closed_ = false;
  bool failed_ = false;
  std::string_view key_;
  std::string_view value_;
};

/// What a JSON string says. `written` has its quotes and was found valid by the functions above.
std::string json_string_content(std::string_view written);

/// Base64 (RFC 4648, section 4; padded) to bytes. False, and `out` is of no use, when it is none.
bool append_from_base64(std::string_view text, std::string& out);

/// True when `text` is valid UTF-8 (RFC 3629).
bool is_utf8(std::string_view text) noexcept;

/// Appends `text` as a JSON string with its quotes. Bytes that are not valid UTF-8 become U+FFFD.
void append_json_string(std::string_view text, std::string& out);

/// As append_json_string, without the quotes.
void append_json_string_content(std::string_view text, std::string& out);

/// Appends base64 of `bytes` (RFC 4648, section 4, padded), without quotes.
void append_base64(std::string_view bytes, std::string& out);

}  // namespace tidegate
