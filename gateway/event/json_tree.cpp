#include "gateway/event/json_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/event/json_text.h"

namespace tidegate {

namespace {

constexpr std::string_view kSpace = " \n\r\t";

/// Reads a text that is known to be JSON.
class TreeReader {
 public:
  TreeReader(std::string_view text, Position origin) : text_(text), at_(origin) {}

  ConfigNode read(std::string_view value) {
    ConfigNode node(ConfigNode::Kind::null, place_of(value));
    if (value.front() == '{' || value.front() == '[') {
      node.kind = value.front() == '{' ? ConfigNode::Kind::map : ConfigNode::Kind::list;
      read_items(value, node);
    } else if (value.front() == '"') {
      node.kind = ConfigNode::Kind::scalar;
      node.quoted = true;
      node.text = json_string_content(value);
    } else if (value.front() != 'n') {
      node.kind = ConfigNode::Kind::scalar;
      node.text = value;
    }
    return node;
  }

  /// Line and column of a part of the text; parts are asked for in ascending order.
  Position place_of(std::string_view part) {
    const auto offset = static_cast<std::size_t>(part.data() - text_.data());
    for (; passed_ < offset; ++passed_) {
      if (text_[passed_] == '\n') {
        at_ = {at_.line + 1, 1};
      } else {
        ++at_.column;
      }
    }
    return at_;
  }

 private:
  void read_items(std::string_view value, ConfigNode& node) {
    JsonItems items(value);
    while (items.next()) {
      if (items.is_array()) {
        node.items.push_back(read(items.value()));
        continue;
      }
      const Position at = place_of(items.key());
      node.entries.push_back({json_string_content(items.key()), at, read(items.value())});
    }
  }

  std::string_view text_;
  Position at_;
  std::size_t passed_ = 0;
};

/// About where a text stops being JSON: the innermost container that is not complete says.
std::size_t fault_in(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && (text[at] == '{' || text[at] == '[')) {
    JsonItems items(text.substr(at));
    while (items.next()) {
    }
    if (!items.failed()) return at + items.end();
    if (items.end() == 0) return at;
    at += items.end();
  }
  return at;
}

}  // namespace

std::variant<ConfigNode, TreeFault> read_json_tree(std::string_view json, Position origin) {
  TreeReader reader(json, origin);
  const auto fault = [&](std::size_t offset, std::string message) {
    return TreeFault{reader.place_of(json.substr(std::min(offset, json.size()))), std::move(message)};
  };
  if (!is_utf8(json)) return fault(0, "this text is not UTF-8");
  const std::size_t begin = json.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return fault(0, "there is no JSON here");
  const std::string_view value = json.substr(begin);
  const std::size_t end = json_value_end(value);
  if (end == 0) return fault(begin + fault_in(value), "this is not valid JSON");
  if (end != value.size()) return fault(begin + end, "the JSON ends before this; remove what follows it");
  return reader.read(value);
}

std::variant<ConfigNode, TreeFault> read_json_text(const ConfigNode& scalar, bool& own_places) {
  own_places = scalar.text.find('\n') != std::string::npos;
  const Position start{scalar.at.line, scalar.at.column + (scalar.quoted ? 1 : 0)};
  auto read = read_json_tree(scalar.text, own_places ? Position{1, 1} : start);
  if (auto* fault = std::get_if<TreeFault>(&read)) return placed_in_text(std::move(*fault), scalar, own_places);
  return read;
}

TreeFault placed_in_text(TreeFault fault, const ConfigNode& scalar, bool own_places) {
  if (!own_places) return fault;
  return {scalar.at,
          fmt::format("line {}, column {} of the JSON text: {}", fault.at.line, fault.at.column, fault.message)};
}

}  // namespace tidegate
