#include "gateway/config/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "gateway/config/limits.h"
#include "gateway/config/option_table.h"
#include "gateway/event/json_text.h"

namespace tidegate {

namespace {

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

/// The value of what stands between ${ and }.
Result<std::string> value_of(std::string_view reference, const Environment& environment) {
  const auto invalid = [](std::string message) { return Error{ErrorCode::invalid, std::move(message)}; };
  const std::size_t split = reference.find(":-");
  const std::string name(reference.substr(0, split));
  if (!is_variable_name(name)) {
    return invalid(fmt::format("{} names no variable; write ${{NAME}} or ${{NAME:-default}}, and $${{ for a plain ${{",
                               quote(fmt::format("${{{}}}", reference))));
  }
  auto value = environment(name);
  if (!value || value->empty()) {
    if (split != std::string_view::npos) return std::string(reference.substr(split + 2));
    if (!value) {
      return invalid(fmt::format("the environment has no {0}; set it, or give a default: ${{{0}:-value}}", name));
    }
  }
  if (!is_utf8(*value)) return invalid(fmt::format("the environment's {} is not UTF-8", name));
  return *std::move(value);
}

/// `text` with all references replaced.
Result<std::string> expanded(std::string_view text, const Environment& environment) {
  std::string out;
  while (true) {
    const std::size_t dollar = text.find("${");
    if (dollar == std::string_view::npos) break;
    const bool escaped = dollar > 0 && text[dollar - 1] == '$';
    out += text.substr(0, dollar);
    text.remove_prefix(dollar + 2);
    if (escaped) {
      out += '{';
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      return Error{ErrorCode::invalid, "${ without a }; write ${NAME}, or $${ for a plain ${"};
    }
    auto value = value_of(text.substr(0, end), environment);
    if (!value) return std::move(value).error();
    out += *value;
    if (out.size() > limits::kExpandedBytesMax) {
      return Error{ErrorCode::invalid,
                   fmt::format("with its variables replaced this is longer than {} bytes", limits::kExpandedBytesMax)};
    }
    text.remove_prefix(end + 1);
  }
  out += text;
  return out;
}

/// Passes over what events fill.
struct Expander {
  const std::vector<ConnectorType>& types;
  const Environment& environment;
  Diagnostics& diagnostics;

  void all(ConfigNode& node) const { expand_environment(node, environment, diagnostics); }

  void route(ConfigNode& route) const {
    for (ConfigEntry& option : route.entries) {
      if (option.key != "transform") all(option.value);
    }
  }

  void sink(ConfigNode& sink) const {
    const auto chosen = std::ranges::find(sink.entries, "type", &ConfigEntry::key);
    if (chosen == sink.entries.end()) return all(sink);
    all(chosen->value);
    const auto type = std::ranges::find(types, chosen->value.text, &ConnectorType::name);
    const bool known = type != types.end() && type->sink_options != nullptr;
    for (ConfigEntry& option : sink.entries) {
      if (option.key != "type") value(option, known ? type->sink_options() : nullptr);
    }
  }

  /// `table`: of the options that this is one of; null when there is none.
  // NOLINTNEXTLINE(misc-no-recursion): as deep as option tables nest
  void value(ConfigEntry& entry, const OptionTable* table) const {
    const OptionDoc* option = table != nullptr ? table->find(entry.key) : nullptr;
    if (option != nullptr && option->filled_by_event) return;
    const bool is_section = option != nullptr && option->section != nullptr;
    if (!is_section) return all(entry.value);
    if (entry.value.kind == ConfigNode::Kind::list) {
      for (ConfigNode& item : entry.value.items) section(item, *option->section);
    } else {
      section(entry.value, *option->section);
    }
  }

  // NOLINTNEXTLINE(misc-no-recursion): see value()
  void section(ConfigNode& node, const OptionTable& table) const {
    if (node.kind == ConfigNode::Kind::map) {
      for (ConfigEntry& entry : node.entries) value(entry, &table);
      return;
    }
    const OptionDoc* alone = table.find(table.shorthand());
    if (alone == nullptr || !alone->filled_by_event) all(node);
  }
};

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    // Read at start, before any thread that might set it.
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

void expand_environment(ConfigNode& node, const Environment& environment, Diagnostics& diagnostics) {
  if (node.kind == ConfigNode::Kind::scalar && node.text.find("${") != std::string::npos) {
    auto text = expanded(node.text, environment);
    if (text) {
      node.written = std::exchange(node.text, std::move(text).value());
    } else {
      diagnostics.error(node.at, text.error().message);
      node.kind = ConfigNode::Kind::failed;
    }
  }
  for (ConfigNode& item : node.items) expand_environment(item, environment, diagnostics);
  for (ConfigEntry& entry : node.entries) expand_environment(entry.value, environment, diagnostics);
}

void expand_config(ConfigNode& root, const std::vector<ConnectorType>& types, const Environment& environment,
                   Diagnostics& diagnostics) {
  const Expander expand{types, environment, diagnostics};
  for (ConfigEntry& section : root.entries) {
    if (section.key == "routes") {
      for (ConfigEntry& route : section.value.entries) expand.route(route.value);
    } else if (section.key == "sinks") {
      for (ConfigEntry& sink : section.value.entries) expand.sink(sink.value);
    } else {
      expand_environment(section.value, environment, diagnostics);
    }
  }
}

}  // namespace tidegate
