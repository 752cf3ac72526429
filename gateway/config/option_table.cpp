#include "gateway/config/option_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gateway/config/limits.h"
#include "gateway/config/yaml_reader.h"

namespace tidegate {

void OptionTable::add(OptionDoc doc, Reader reader) {
  docs_.push_back(std::move(doc));
  readers_.push_back(std::move(reader));
}

const OptionDoc* OptionTable::find(std::string_view name) const noexcept {
  const auto row = std::ranges::find(docs_, name, &OptionDoc::name);
  return row == docs_.end() ? nullptr : &*row;
}

std::any OptionTable::parse(const ConfigNode& node, ReadContext& context) const {
  std::any options = defaults();
  const ReadTarget target{this, object_in(options)};
  read_options(node, std::span(&target, 1), context);
  return options;
}

namespace {

std::string dotted(const ReadContext& context, std::string_view name) {
  return context.path.empty() ? std::string(name) : fmt::format("{}.{}", context.path, name);
}

std::string in_section(const ReadContext& context) {
  return context.path.empty() ? " at the top level" : fmt::format(" in {}", context.path);
}

/// Returns the option that was probably meant; empty when none is near.
std::string_view report_unknown(const ConfigEntry& entry, std::span<const ReadTarget> targets, ReadContext& context) {
  std::vector<std::string_view> names;
  for (const ReadTarget& target : targets) {
    for (const OptionDoc& option : target.table->options()) names.push_back(option.name);
  }
  context.diagnostics.error(entry.at, fmt::format("unknown option {}{}{}", quote(entry.key), in_section(context),
                                                  did_you_mean(entry.key, names)));
  return nearest(entry.key, names);
}

/// Reports required options that are absent (not those that are there, misspelled), and options that exclude each
/// other.
void report_missing(const OptionTable& table, const ConfigNode& node, std::span<const std::string_view> misspelled,
                    ReadContext& context) {
  for (const OptionDoc& option : table.options()) {
    const ConfigEntry* entry = node.find(option.name);
    const ConfigEntry* companion = option.companion.empty() ? nullptr : node.find(option.companion);
    const bool meant = std::ranges::find(misspelled, option.name) != misspelled.end();
    if (option.required && entry == nullptr && companion == nullptr && !meant) {
      const std::string other = option.companion.empty() ? std::string{} : fmt::format(" or \"{}\"", option.companion);
      context.diagnostics.error(context.at, fmt::format("missing option \"{}\"{}{}: {}", option.name, other,
                                                        in_section(context), option.doc));
    }
    if (entry != nullptr && companion != nullptr && companion->at < entry->at) {
      context.diagnostics.error(entry->at, fmt::format("both \"{}\" and \"{}\"{}; keep one of them", companion->key,
                                                       option.name, in_section(context)));
    }
  }
}

}  // namespace

bool read_options(const ConfigNode& node, std::span<const ReadTarget> targets, ReadContext& context) {
  const std::size_t errors_before = context.diagnostics.errors();
  if (node.kind == ConfigNode::Kind::failed) return false;
  if (node.kind != ConfigNode::Kind::map) {
    context.diagnostics.error(node.at, fmt::format("{} must be a map of options (name: value)",
                                                   context.path.empty() ? "the config" : context.path));
    return false;
  }
  std::vector<std::string_view> misspelled;
  for (const ConfigEntry& entry : node.entries) {
    bool known = false;
    for (const ReadTarget& target : targets) {
      const auto& options = target.table->options();
      for (std::size_t i = 0; i < options.size() && !known; ++i) {
        if (options[i].name != entry.key) continue;
        known = true;
        // A missing option of a section inside is reported at the section's name.
        ReadContext at_entry{context.diagnostics, context.folder, context.path, entry.at};
        target.table->readers_[i](target.object, entry.value, options[i], at_entry);
      }
    }
    if (!known) misspelled.push_back(report_unknown(entry, targets, context));
  }
  for (const ReadTarget& target : targets) report_missing(*target.table, node, misspelled, context);
  // Checks look across options: with one of them wrong they would only repeat it.
  if (context.diagnostics.errors() != errors_before || option_read::holds_failed(node)) return false;
  for (const ReadTarget& target : targets) {
    for (const auto& check : target.table->checks_) {
      const auto fault = check(target.object);
      if (!fault) continue;
      const ConfigEntry* entry = node.find(fault->option);
      context.diagnostics.error(entry != nullptr ? entry->at : context.at,
                                fmt::format("{}: {}", dotted(context, fault->option), fault->message));
    }
  }
  return context.diagnostics.errors() == errors_before;
}

namespace option_read {

namespace {

/// What the file says, never what a variable holds: that may be a secret.
std::string as_written(const ConfigNode& node) { return quote(node.written.empty() ? node.text : node.written); }

std::string_view article(ConfigNode::Kind kind) { return kind == ConfigNode::Kind::map ? "a map" : "a list"; }

}  // namespace

OptionDoc row_of(std::string_view name, std::string_view doc, ValueKind kind) {
  OptionDoc row;
  row.name = name;
  row.doc = doc;
  row.kind = kind;
  return row;
}

const std::string* scalar(const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
  if (node.kind == ConfigNode::Kind::failed) return nullptr;
  const std::string name = dotted(context, option.name);
  if (node.kind == ConfigNode::Kind::null) {
    context.diagnostics.error(
        node.at,
        fmt::format("{} has no value; write one (in quotes if it begins with # & * or {{) or remove the line", name));
    return nullptr;
  }
  if (node.kind != ConfigNode::Kind::scalar) {
    context.diagnostics.error(node.at, fmt::format("{} takes a single value, not {}{}", name, article(node.kind),
                                                   option.kind == ValueKind::text && node.kind == ConfigNode::Kind::map
                                                       ? "; a text with { at its beginning needs quotes"
                                                       : ""));
    return nullptr;
  }
  if (node.text.empty() && option.required) {
    context.diagnostics.error(node.at, fmt::format("{} must not be empty", name));
    return nullptr;
  }
  return &node.text;
}

void invalid(const ConfigNode& node, const OptionDoc& option, const Error& why, ReadContext& context) {
  context.diagnostics.error(node.at,
                            fmt::format("{}: {} {}", dotted(context, option.name), as_written(node), why.message));
}

void faulty(const TreeFault& fault, const OptionDoc& option, ReadContext& context) {
  context.diagnostics.error(fault.at, fmt::format("{}: {}", dotted(context, option.name), fault.message));
}

bool in_range(double value, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
  if (value >= option.range.min && value <= option.range.max) return true;
  const auto write = [&](double bound) {
    if (option.kind == ValueKind::duration) return write_duration(milliseconds{static_cast<std::int64_t>(bound)});
    if (option.kind == ValueKind::bytes) return write_byte_size(static_cast<std::uint64_t>(bound));
    return write_number(bound);
  };
  std::string bounds;
  if (std::isinf(option.range.max)) {
    bounds = fmt::format("at least {}", write(option.range.min));
  } else if (std::isinf(option.range.min)) {
    bounds = fmt::format("at most {}", write(option.range.max));
  } else {
    bounds = fmt::format("between {} and {}", write(option.range.min), write(option.range.max));
  }
  context.diagnostics.error(node.at, fmt::format("{}: {} is out of range; it must be {}", dotted(context, option.name),
                                                 as_written(node), bounds));
  return false;
}

std::filesystem::path resolve(std::string_view text, const ReadContext& context) {
  return (context.folder / std::filesystem::path(text)).lexically_normal();
}

std::optional<Secret> secret_from_file(const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
  const std::string* text = scalar(node, option, context);
  if (text == nullptr) return std::nullopt;
  auto secret = read_secret_file(resolve(*text, context));
  if (secret) return std::move(secret).value();
  invalid(node, option, secret.error(), context);
  return std::nullopt;
}

std::span<const ConfigNode> one_or_many(const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
  if (node.kind != ConfigNode::Kind::list) return {&node, 1};
  if (node.items.empty()) {
    context.diagnostics.error(node.at, fmt::format("{} is an empty list; write at least one value or remove the option",
                                                   dotted(context, option.name)));
  }
  return node.items;
}

bool holds_failed(const ConfigNode& node) {
  return node.kind == ConfigNode::Kind::failed || std::ranges::any_of(node.items, holds_failed) ||
         std::ranges::any_of(node.entries, holds_failed, &ConfigEntry::value);
}

bool is_map(const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
  if (node.kind == ConfigNode::Kind::map) return true;
  if (node.kind == ConfigNode::Kind::failed) return false;
  context.diagnostics.error(node.at, fmt::format("{} must be a map (name: value)", dotted(context, option.name)));
  return false;
}

ReadContext inside(const ReadContext& context, std::string_view name, Position at) {
  return {context.diagnostics, context.folder, dotted(context, name), at};
}

std::optional<std::size_t> choose(const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
  const std::string* text = scalar(node, option, context);
  if (text == nullptr) return std::nullopt;
  std::vector<std::string_view> names;
  for (const auto& choice : option.choices) names.push_back(choice.name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == *text) return i;
  }
  const std::string near = did_you_mean(*text, names);
  invalid(node, option, {ErrorCode::invalid, fmt::format("is not one of {}{}", fmt::join(names, ", "), near)}, context);
  return std::nullopt;
}

void read_section(const OptionTable& table, void* object, const ConfigNode& node, std::string_view name,
                  ReadContext& context) {
  const bool in_list = context.at.line == 0 || node.kind != ConfigNode::Kind::map;
  ReadContext section = inside(context, name, in_list ? node.at : context.at);
  const ReadTarget target{&table, object};
  if (node.kind == ConfigNode::Kind::scalar && !table.shorthand().empty()) {
    ConfigNode map(ConfigNode::Kind::map, node.at);
    map.entries.push_back({table.shorthand(), node.at, node});
    read_options(map, std::span(&target, 1), section);
    return;
  }
  read_options(node, std::span(&target, 1), section);
}

}  // namespace option_read

Result<std::any> parse_text(const OptionTable& table, std::string_view yaml) {
  Diagnostics diagnostics("options");
  const ConfigNode node = read_yaml(yaml, diagnostics);
  ReadContext context{diagnostics, {}, {}, {}};
  std::any options = diagnostics.errors() == 0 ? table.parse(node, context) : table.defaults();
  if (diagnostics.errors() != 0) return Error{ErrorCode::invalid, diagnostics.text()};
  return options;
}

}  // namespace tidegate
