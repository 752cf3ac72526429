#include "connectors/fields/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace tidegate::fields {

Text::Text(const char* written) : written_(written) {
  if (written_.empty()) return;
  auto made = Template::parse_text(ConfigNode(ConfigNode::Kind::scalar, {}, written_));
  if (const auto* fault = std::get_if<TreeFault>(&made)) {
    std::fprintf(stderr, "the default \"%s\" is wrong: %s\n", written, fault->message.c_str());
    std::abort();
  }
  from_ = std::get<Template>(std::move(made));
}

std::variant<Text, TreeFault> text_from(const ConfigNode& node) {
  auto made = Template::parse_text(node);
  if (auto* fault = std::get_if<TreeFault>(&made)) return std::move(*fault);
  if (node.text.empty()) return TreeFault{node.at, "the text is empty; write one, or remove the line"};
  return Text(std::get<Template>(std::move(made)), node.text);
}

std::variant<TextList, TreeFault> text_list_from(const ConfigNode& node) {
  TextList out;
  const bool alone = node.kind == ConfigNode::Kind::scalar;
  if (!alone && node.kind != ConfigNode::Kind::list) {
    return TreeFault{node.at, "a text or a list of them is wanted: [\"${captures.site}\"]"};
  }
  for (const ConfigNode& item : alone ? std::span(&node, 1) : std::span(node.items)) {
    auto text = text_from(item);
    if (auto* fault = std::get_if<TreeFault>(&text)) return std::move(*fault);
    out.entries.push_back(std::get<Text>(std::move(text)));
  }
  return out;
}

std::variant<TextMap, TreeFault> text_map_from(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::map) {
    return TreeFault{node.at, "a map is wanted, each name with a text: {site: \"${captures.site}\"}"};
  }
  TextMap out;
  for (const ConfigEntry& entry : node.entries) {
    if (entry.key.empty()) return TreeFault{entry.at, "the name is empty"};
    auto text = text_from(entry.value);
    if (auto* fault = std::get_if<TreeFault>(&text)) return std::move(*fault);
    out.entries.emplace_back(entry.key, std::get<Text>(std::move(text)));
  }
  return out;
}

Status check_captures(std::string_view option, const Text& text, const TopicFilter& route) {
  for (const Placeholder* placeholder : text.filled().placeholders()) {
    if (placeholder->kind != Placeholder::Kind::capture) continue;
    const bool captured = std::ranges::any_of(route.levels(), [&](const TopicFilter::Level& level) {
      return level.kind == TopicFilter::Level::Kind::capture && level.text == placeholder->name;
    });
    if (captured) continue;
    return Error{ErrorCode::invalid,
                 fmt::format("the sink's {} \"{}\" wants {{{}}}, which this route's topic \"{}\" does not capture; "
                             "write {{{}}} for a level of it",
                             option, text.written(), placeholder->name, route.text(), placeholder->name)};
  }
  return {};
}

Status check_captures(std::string_view option, const std::optional<Text>& text, const TopicFilter& route) {
  return text ? check_captures(option, *text, route) : Status();
}

Status check_captures(std::string_view option, const TextList& texts, const TopicFilter& route) {
  for (const Text& text : texts.entries) {
    if (Status checked = check_captures(option, text, route); !checked) return checked;
  }
  return {};
}

Status check_captures(std::string_view option, const TextMap& texts, const TopicFilter& route) {
  for (const auto& [name, text] : texts.entries) {
    if (Status checked = check_captures(fmt::format("{}.{}", option, name), text, route); !checked) return checked;
  }
  return {};
}

}  // namespace tidegate::fields
