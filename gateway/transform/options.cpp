#include "gateway/transform/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/event/cloud_events.h"
#include "gateway/routing/event_fields.h"
#include "gateway/transform/limits.h"

namespace tidegate {

namespace {

/// Why an attribute cannot be set under this name; empty: it can.
std::string name_fault(const std::string& name) {
  if (name == "dataschema") return "\"dataschema\" is set by data_schema";
  if (is_taken_field(name)) {
    return fmt::format(
        "\"{}\" is no attribute; there are type, subject, source, time and template for what an event has "
        "of its own, and its id stays",
        name);
  }
  const bool printable = std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
  if (name.empty() || name.size() > limits::kAttributeNameBytesMax || !printable) {
    return fmt::format("the name of an attribute is 1 to {} visible ASCII characters", limits::kAttributeNameBytesMax);
  }
  return {};
}

}  // namespace

std::vector<const Placeholder*> TransformOptions::placeholders() const {
  std::vector<const Placeholder*> out;
  const auto add = [&](const Template& from) {
    for (const Placeholder* placeholder : from.placeholders()) out.push_back(placeholder);
  };
  for (const auto* part : {&shape, &type, &subject, &source, &data_schema}) {
    if (*part) add(**part);
  }
  for (const auto& [name, value] : set) add(value);
  if (time) out.push_back(&time->field);
  return out;
}

std::variant<AttributeTemplates, TreeFault> read_attribute_templates(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::map) {
    return TreeFault{node.at, "a map of attributes is wanted, each with a text: {site: \"${captures.site}\"}"};
  }
  AttributeTemplates out;
  for (const ConfigEntry& entry : node.entries) {
    if (std::string fault = name_fault(entry.key); !fault.empty()) return TreeFault{entry.at, std::move(fault)};
    auto value = Template::parse_text(entry.value);
    if (auto* fault = std::get_if<TreeFault>(&value)) return std::move(*fault);
    out.emplace_back(entry.key, std::get<Template>(std::move(value)));
  }
  return out;
}

std::variant<Template, TreeFault> read_type_template(const ConfigNode& node) {
  auto made = Template::parse_text(node);
  const Template* text = std::get_if<Template>(&made);
  if (text != nullptr && text->constant() != nullptr && text->constant()->empty()) {
    return TreeFault{node.at, "an event cannot be without it: write a text, or remove the line"};
  }
  return made;
}

std::variant<Template, TreeFault> read_schema_template(const ConfigNode& node) {
  auto made = Template::parse_text(node);
  const Template* text = std::get_if<Template>(&made);
  if (text != nullptr && text->constant() != nullptr && !is_absolute_uri(*text->constant())) {
    return TreeFault{node.at, "an absolute URI is wanted, as in https://example.com/schemas/reading.json"};
  }
  return made;
}

}  // namespace tidegate
