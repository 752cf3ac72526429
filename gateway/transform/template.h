#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/config_node.h"
#include "gateway/event/event.h"
#include "gateway/transform/payload_values.h"
#include "gateway/transform/placeholder.h"

namespace tidegate {

using Captures = std::vector<std::pair<std::string, std::string>>;  ///< OutEvent::captures

/// What fills a template.
struct TemplateInput {
  const Event& event;
  const Captures& captures;
  const PayloadValues& values;  ///< that the template was bound to; holds what it found in event.data
  std::string_view route = {};  ///< its name
};

/// A JSON value or a text with placeholders (docs/shape-events.md). A scalar of a shape that is one placeholder and
/// nothing else becomes the value with its JSON type, written as it came; within other text a value is inserted as
/// text, strings without their quotes, objects and arrays as JSON. $${ stands for ${.
class Template {
 public:
  /// A shape: any YAML, or a text that begins with { or [ and is JSON. *Errors*: the place and a sentence.
  static std::variant<Template, TreeFault> parse_shape(const ConfigNode& node);
  /// A text. *Errors*: the place and a sentence.
  static std::variant<Template, TreeFault> parse_text(const ConfigNode& node);

  /// Tells the values of the payload which ones it wants. Before the first append_to().
  void bind(PayloadValues& values);
  /// Appends the filled template; past `bytes_max` it gives up. *Errors*: a sentence; what was appended is of no use.
  std::optional<std::string> append_to(std::string& out, std::size_t bytes_max, const TemplateInput& input) const;

  [[nodiscard]] std::vector<const Placeholder*> placeholders() const;
  /// The text, when there is no placeholder in it.
  [[nodiscard]] const std::string* constant() const noexcept;
  /// It is a placeholder with `?` and nothing else, and its value is missing: there is no text, not an empty one.
  [[nodiscard]] bool is_nothing(const TemplateInput& input) const;

 private:
  enum class Form : std::uint8_t {
    json,    ///< a value of its own
    quoted,  ///< inside a JSON string
    text,
  };
  struct Value {
    Placeholder from;
    Form form = Form::json;
    std::size_t number = 0;  ///< of data: in the PayloadValues
  };
  struct Piece {
    std::string before;  ///< what stands before the value
    std::optional<Value> value;
  };
  class Reader;

  static std::optional<std::string> append_value(const Value& value, const TemplateInput& input, std::string& out);
  static void append_found(Form form, std::string_view json, std::string& out);
  static std::optional<std::string> append_missing(const Value& value, std::string_view why, std::string& out);

  std::vector<Piece> pieces_{Piece{}};  ///< only the last may be without a value
};

}  // namespace tidegate
