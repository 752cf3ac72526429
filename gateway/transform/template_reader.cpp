#include <fmt/format.h>

#include <set>

#include "gateway/event/json_text.h"
#include "gateway/event/json_tree.h"
#include "gateway/transform/limits.h"
#include "gateway/transform/template.h"

namespace tidegate {

namespace {

/// Of something in a scalar's text: exact where the text stands in the file as it is.
Position place_in(const ConfigNode& scalar, std::size_t offset) {
  if (scalar.quoted || scalar.text.find('\n') < offset) return scalar.at;
  return {scalar.at.line, scalar.at.column + static_cast<std::uint32_t>(offset)};
}

}  // namespace

/// Turns a tree into pieces. Stops at the first mistake.
class Template::Reader {
 public:
  std::variant<Template, TreeFault> shape(const ConfigNode& node) {
    append_node(node, 0);
    return result();
  }
  std::variant<Template, TreeFault> text(const ConfigNode& node) {
    if (node.kind != ConfigNode::Kind::scalar) {
      fail(node.at, "a text is wanted here");
    } else {
      append_text(node, Form::text);
    }
    return result();
  }

 private:
  std::variant<Template, TreeFault> result() {
    if (fault_) return *std::move(fault_);
    return std::move(made_);
  }
  void fail(Position at, std::string message) {
    if (!fault_) fault_ = TreeFault{at, std::move(message)};
  }
  std::string& end() {
    if (made_.pieces_.back().value) made_.pieces_.emplace_back();
    return made_.pieces_.back().before;
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as limits::kTemplateDepthMax
  void append_node(const ConfigNode& node, std::size_t depth) {
    using Kind = ConfigNode::Kind;
    if (fault_) return;
    if (depth == limits::kTemplateDepthMax) {
      return fail(node.at, fmt::format("nested deeper than {} levels", limits::kTemplateDepthMax));
    }
    if (++nodes_ > limits::kTemplateNodesMax) {
      return fail(node.at, fmt::format("the template has more than {} values", limits::kTemplateNodesMax));
    }
    switch (node.kind) {
      case Kind::failed: return fail(node.at, "no value");
      case Kind::null: end() += "null"; break;
      case Kind::scalar: append_scalar(node); break;
      case Kind::list: append_list(node, depth); break;
      case Kind::map: append_map(node, depth); break;
    }
  }

  // NOLINTNEXTLINE(misc-no-recursion): see append_node()
  void append_list(const ConfigNode& node, std::size_t depth) {
    end() += '[';
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) end() += ',';
      append_node(node.items[i], depth + 1);
    }
    end() += ']';
  }

  // NOLINTNEXTLINE(misc-no-recursion): see append_node()
  void append_map(const ConfigNode& node, std::size_t depth) {
    std::set<std::string_view> names;
    end() += '{';
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      const ConfigEntry& entry = node.entries[i];
      if (!names.insert(entry.key).second) fail(entry.at, fmt::format("\"{}\" comes twice", entry.key));
      if (entry.key.find("${") != std::string::npos) {
        fail(entry.at, "a name cannot have a placeholder; only values can");
      }
      if (i > 0) end() += ',';
      append_json_string(entry.key, end());
      end() += ':';
      append_node(entry.value, depth + 1);
    }
    end() += '}';
  }

  void append_scalar(const ConfigNode& node) {
    if (scalar_type(node) != ScalarType::string) {
      end() += node.text;
    } else {
      append_text(node, Form::quoted);
    }
  }

  /// A text of a shape (Form::quoted; one placeholder alone becomes Form::json), or a text of its own.
  void append_text(const ConfigNode& node, Form form) {
    if (!is_utf8(node.text)) return fail(node.at, "this is not UTF-8");
    std::string_view rest = node.text;
    std::size_t in_node = 0;
    if (form == Form::quoted) end() += '"';
    for (std::size_t dollar = 0; (dollar = rest.find("${")) != std::string_view::npos;) {
      const bool escaped = dollar > 0 && rest[dollar - 1] == '$';
      append_literal(rest.substr(0, escaped ? dollar - 1 : dollar), form);
      const Position at = place_in(node, static_cast<std::size_t>(rest.data() - node.text.data()) + dollar);
      rest.remove_prefix(dollar + 2);
      if (escaped) {
        append_literal("${", form);
        continue;
      }
      const bool first = static_cast<std::size_t>(rest.data() - node.text.data()) == 2;
      auto taken = take_placeholder(rest);
      if (auto* mistake = std::get_if<std::string>(&taken)) return fail(at, std::move(*mistake));
      if (++placeholders_ > limits::kTemplatePlaceholdersMax) {
        return fail(at, fmt::format("the template has more than {} placeholders", limits::kTemplatePlaceholdersMax));
      }
      ++in_node;
      const bool alone = form == Form::quoted && first && rest.empty() && in_node == 1;
      if (alone) end().pop_back();  // the quote
      end();
      auto& placeholder = std::get<Placeholder>(taken);
      placeholder.at = at;
      made_.pieces_.back().value = Value{std::move(placeholder), alone ? Form::json : form, 0};
      if (alone) return;
    }
    append_literal(rest, form);
    if (form == Form::quoted) end() += '"';
  }

  void append_literal(std::string_view text, Form form) {
    if (text.empty()) return;
    if (form == Form::quoted) {
      append_json_string_content(text, end());
    } else {
      end() += text;
    }
  }

  Template made_;
  std::optional<TreeFault> fault_;
  std::size_t nodes_ = 0;
  std::size_t placeholders_ = 0;
};

std::variant<Template, TreeFault> Template::parse_shape(const ConfigNode& node) {
  const bool is_json =
      node.kind == ConfigNode::Kind::scalar && (node.text.starts_with('{') || node.text.starts_with('['));
  if (!is_json) return Reader().shape(node);
  bool own_places = false;
  auto tree = read_json_text(node, own_places);
  if (auto* fault = std::get_if<TreeFault>(&tree)) {
    fault->message += "; a placeholder stands in quotes: {\"v\": \"${data.value}\"}";
    return std::move(*fault);
  }
  auto made = Reader().shape(std::get<ConfigNode>(tree));
  if (auto* fault = std::get_if<TreeFault>(&made)) return placed_in_text(std::move(*fault), node, own_places);
  if (own_places) {
    for (Piece& piece : std::get<Template>(made).pieces_) {
      if (piece.value) piece.value->from.at = node.at;
    }
  }
  return made;
}

std::variant<Template, TreeFault> Template::parse_text(const ConfigNode& node) { return Reader().text(node); }

}  // namespace tidegate
