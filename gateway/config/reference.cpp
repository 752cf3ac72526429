#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "gateway/config/sections.h"

namespace tidegate {

namespace {

constexpr std::string_view kPreface = R"(# Options

Generated from the option tables of the program (`tidegate schema --reference`); do not edit.

- Durations carry a unit: `ms`, `s`, `m`, `h`, `d`. Sizes too: `B`, `KiB`, `MiB`, `GiB`, `TiB`, `KB`, `MB`, `GB`, `TB`.
- Where a list is taken, one value alone may stand in its place.
- `${NAME}` in a value is replaced by the environment's variable, `${NAME:-default}` by the default when the variable is
  not set or empty. A variable that is not set and has no default is an error. `$${` stands for a plain `${`.
  Not so in `transform:` of a route and in texts with placeholders of a sink: there `${data.value}` stands for a part of the
  event (docs/shape-events.md).
- A secret is given in the file, as `${NAME}`, or by its `_file` option, which reads it from a file.
- Relative paths start at the folder of the config file.
- Anchors and aliases (`&name`, `*name`) and merge keys (`<<: *name`) work; what a map sets itself wins over what it
  merges. Sections whose names begin with `x-` are left alone: a place for what several parts share.
- Names of sources, sinks and routes are letters, digits, `-` and `_`.
- Unknown and repeated options are errors.
)";

std::string bound(const OptionDoc& option, double value) {
  if (option.kind == ValueKind::duration) return write_duration(milliseconds{static_cast<std::int64_t>(value)});
  if (option.kind == ValueKind::bytes) return write_byte_size(static_cast<std::uint64_t>(value));
  return write_number(value);
}

std::string range_text(const OptionDoc& option) {
  const Range& range = option.range;
  // A size is bounded by its type where nothing else bounds it; that tells the reader nothing.
  const bool has_max = std::isfinite(range.max) && range.max < 9e18;
  if (std::isfinite(range.min) && has_max) {
    return fmt::format(", {} to {}", bound(option, range.min), bound(option, range.max));
  }
  if (std::isfinite(range.min)) return fmt::format(", at least {}", bound(option, range.min));
  if (has_max) return fmt::format(", at most {}", bound(option, range.max));
  return {};
}

std::string_view kind_text(ValueKind kind) {
  switch (kind) {
    case ValueKind::boolean: return "true or false";
    case ValueKind::integer: return "whole number";
    case ValueKind::number: return "number";
    case ValueKind::text: return "text";
    case ValueKind::path: return "path";
    case ValueKind::duration: return "duration";
    case ValueKind::bytes: return "size";
    case ValueKind::secret: return "secret";
    case ValueKind::choice: return "choice";
    case ValueKind::section: return "options below";
    case ValueKind::tree: return "map or text";
  }
  return {};
}

std::string type_text(const OptionDoc& option) {
  std::string text(option.syntax.empty() ? kind_text(option.kind) : option.syntax);
  text += range_text(option);
  if (option.shape == OptionDoc::Shape::list) text += "; list";
  if (option.shape == OptionDoc::Shape::map) text = "map of names to " + text;
  return text;
}

std::string default_text(const OptionDoc& option) {
  if (option.required) {
    return option.companion.empty() ? "**required**" : fmt::format("**required**, or `{}`", option.companion);
  }
  if (!option.default_text) return "";
  // A phrase for a person ("every source") is not something to type.
  const bool phrase = option.default_text->find(' ') != std::string::npos && option.default_text->front() != '[';
  return phrase ? *option.default_text : fmt::format("`{}`", *option.default_text);
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void write_rows(const OptionTable& table, const std::string& prefix, std::string& out) {
  for (const OptionDoc& option : table.options()) {
    std::string doc = option.doc;
    for (const auto& choice : option.choices) doc += fmt::format("<br>`{}`: {}", choice.name, choice.doc);
    if (option.section != nullptr && !option.section->shorthand().empty()) {
      doc += fmt::format(" A text alone stands for its `{}`.", option.section->shorthand());
    }
    fmt::format_to(std::back_inserter(out), "| `{}{}` | {} | {} | {} |\n", prefix, option.name, cell(type_text(option)),
                   cell(default_text(option)), cell(doc));
    if (option.section != nullptr) {
      write_rows(*option.section, prefix + option.name + (option.shape == OptionDoc::Shape::list ? "[]." : "."), out);
    }
  }
}

void write_table(const OptionTable& table, std::string& out) {
  out += "\n| option | value | default | meaning |\n|---|---|---|---|\n";
  write_rows(table, "", out);
}

/// The delivery options that have another default with this type.
void write_other_defaults(const ConnectorType& type, std::string& out) {
  if (type.delivery_defaults == nullptr) return;
  const DeliveryOptions usual;
  DeliveryOptions own;
  type.delivery_defaults(own);
  std::string list;
  const auto add = [&list](std::string_view name, const auto& usual_value, const auto& value, std::string text) {
    if (value != usual_value) list += fmt::format("{}`{}` {}", list.empty() ? "" : ", ", name, text);
  };
  add("batch.max_events", usual.batch.max_events, own.batch.max_events, std::to_string(own.batch.max_events));
  add("batch.max_bytes", usual.batch.max_bytes, own.batch.max_bytes, write_byte_size(own.batch.max_bytes));
  add("batch.max_wait", usual.batch.max_wait, own.batch.max_wait, write_duration(own.batch.max_wait));
  add("in_flight", usual.in_flight, own.in_flight, std::to_string(own.in_flight));
  fmt::format_to(std::back_inserter(out), "\nOther defaults of delivery: {}.\n", list);
}

void write_connectors(const std::vector<ConnectorType>& types, bool sinks, std::string& out) {
  for (const ConnectorType& type : types) {
    const auto options = sinks ? type.sink_options : type.source_options;
    if (options == nullptr) continue;
    fmt::format_to(std::back_inserter(out), "\n### type: {}\n\n{}\n", type.name, type.summary);
    if (sinks) write_other_defaults(type, out);
    write_table(*options(), out);
  }
}

}  // namespace

std::string reference(const std::vector<ConnectorType>& types) {
  std::string out(kPreface);
  for (const TopLevelKey& key : kTopLevelKeys) {
    fmt::format_to(std::back_inserter(out), "\n## {}\n\n{}\n", key.name, key.doc);
    if (key.name == "gateway") write_table(gateway_options(), out);
    if (key.name == "spool") write_table(spool_options(), out);
    if (key.name == "routes") write_table(route_options(), out);
    if (key.name == "sources") write_connectors(types, false, out);
    if (key.name == "sinks") {
      out += "\n### Delivery, the same for every type\n";
      write_table(delivery_options(), out);
      write_connectors(types, true, out);
    }
  }
  return out;
}

}  // namespace tidegate
