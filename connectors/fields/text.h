#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/config_node.h"
#include "gateway/base/result.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/transform/template.h"

/// Texts of a sink's config that events fill: `group_id: ${captures.site}-${data.line}`. See docs/shape-events.md.
///
///     struct SinkOptions { fields::Text detail_type = "${type}"; std::optional<fields::Text> group_id; };
///     .tree("group_id", &SinkOptions::group_id, fields::text_from, fields::kTextSyntax, "Orders what has it in
///     common.")
namespace tidegate::fields {

inline constexpr std::string_view kTextSyntax = "text with placeholders";
inline constexpr std::string_view kTextListSyntax = "list of texts with placeholders, or one";
inline constexpr std::string_view kTextMapSyntax = "map of names to texts with placeholders";

/// The value of an option: a text with placeholders, as it is written. The default is the empty text.
class Text {
 public:
  /// ${} in such an option is left to the event; the environment's variables are not replaced in it.
  static constexpr bool kFilledByEvent = true;

  Text() = default;
  /// A default. The text is part of the program and must be right: it ends the process otherwise.
  Text(const char* written);  // NOLINT(google-explicit-constructor)
  Text(Template from, std::string written) : from_(std::move(from)), written_(std::move(written)) {}

  [[nodiscard]] const Template& filled() const noexcept { return from_; }
  [[nodiscard]] const std::string& written() const noexcept { return written_; }
  [[nodiscard]] bool empty() const noexcept { return written_.empty(); }

 private:
  Template from_;
  std::string written_;
};

/// The value of an option: names, each with a text; in the order of the file.
struct TextMap {
  static constexpr bool kFilledByEvent = true;
  std::vector<std::pair<std::string, Text>> entries;
};

/// The value of an option: texts in the order of the file.
struct TextList {
  static constexpr bool kFilledByEvent = true;
  std::vector<Text> entries;
};

/// Read such options, for OptionTableOf::tree(). *Errors*: the place and a sentence; an empty text is one.
std::variant<Text, TreeFault> text_from(const ConfigNode& node);
std::variant<TextList, TreeFault> text_list_from(const ConfigNode& node);
std::variant<TextMap, TreeFault> text_map_from(const ConfigNode& node);

/// Whether every capture that the text names is one of the route's, for ConnectorType::check_sink_route. *Errors*:
/// invalid; `option` names the text in it.
Status check_captures(std::string_view option, const Text& text, const TopicFilter& route);
Status check_captures(std::string_view option, const std::optional<Text>& text, const TopicFilter& route);
Status check_captures(std::string_view option, const TextList& texts, const TopicFilter& route);
Status check_captures(std::string_view option, const TextMap& texts, const TopicFilter& route);

}  // namespace tidegate::fields
