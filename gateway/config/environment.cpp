#include "gateway/config/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "gateway/config/limits.h"
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

void expand_config(ConfigNode& root, const Environment& environment, Diagnostics& diagnostics) {
  for (ConfigEntry& section : root.entries) {
    if (section.key != "routes") {
      expand_environment(section.value, environment, diagnostics);
      continue;
    }
    for (ConfigEntry& route : section.value.entries) {
      for (ConfigEntry& option : route.value.entries) {
        if (option.key != "transform") expand_environment(option.value, environment, diagnostics);
      }
    }
  }
}

}  // namespace tidegate
