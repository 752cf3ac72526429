#include "gateway/transform/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/event/json_text.h"
#include "gateway/event/limits.h"
#include "gateway/event/rfc3339.h"
#include "gateway/transform/limits.h"

namespace tidegate {

namespace {

bool is_container(std::string_view json) { return json.starts_with('{') || json.starts_with('['); }

/// The text of an envelope field, of the payload as a whole, or of a capture. Missing: nothing.
std::optional<std::string_view> text_of(const Placeholder& from, const TemplateInput& input, std::string& scratch) {
  using Kind = Placeholder::Kind;
  const auto named = [&](const auto& pairs) -> std::optional<std::string_view> {
    const auto found = std::ranges::find(pairs, from.name, [](const auto& pair) { return pair.first; });
    return found == pairs.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  };
  const Event& event = input.event;
  switch (from.kind) {
    case Kind::data: break;  // JSON, not a text
    case Kind::text: return is_utf8(event.data) ? std::optional<std::string_view>(event.data) : std::nullopt;
    case Kind::base64: append_base64(event.data, scratch); return scratch;
    case Kind::capture: return named(input.captures);
    case Kind::attribute: return named(event.attributes);
    case Kind::id: return event.id;
    case Kind::source: return event.source;
    case Kind::type: return event.type;
    case Kind::subject: return event.subject;
    case Kind::time:
      append_rfc3339(event.time, scratch);
      return std::string_view(scratch).substr(from.part_at, from.part_size);
    case Kind::route: return input.route;
    case Kind::datacontenttype:
      if (!event.datacontenttype.empty()) return event.datacontenttype;
  }
  return std::nullopt;
}

std::string_view why_missing(const Placeholder& from, const TemplateInput& input) {
  if (from.kind == Placeholder::Kind::text) return "the payload is not UTF-8";
  if (from.kind != Placeholder::Kind::data || input.values.is_json()) return {};
  return input.event.data.empty() ? "the payload is empty" : "the payload is not JSON";
}

}  // namespace

void Template::bind(PayloadValues& values) {
  for (Piece& piece : pieces_) {
    if (piece.value && piece.value->from.kind == Placeholder::Kind::data) {
      piece.value->number = values.add(piece.value->from.path);
    }
  }
}

std::optional<std::string> Template::append_to(std::string& out, std::size_t bytes_max,
                                               const TemplateInput& input) const {
  const std::size_t start = out.size();
  for (const Piece& piece : pieces_) {
    out += piece.before;
    if (piece.value) {
      if (auto fault = append_value(*piece.value, input, out)) return fault;
    }
    if (out.size() - start > bytes_max) return fmt::format("the result is longer than {} bytes", bytes_max);
  }
  return std::nullopt;
}

std::optional<std::string> Template::append_value(const Value& value, const TemplateInput& input, std::string& out) {
  if (value.from.kind == Placeholder::Kind::data) {
    const std::string_view json = input.values.value(value.number);
    // For a null there is no text.
    const bool is_value = json != "null" || (value.form == Form::json && value.from.otherwise.empty());
    if (json.empty() || !is_value) {
      return append_missing(value, json.empty() ? why_missing(value.from, input) : "it is null", out);
    }
    append_found(value.form, json, out);
    return std::nullopt;
  }
  std::string scratch;
  const std::optional<std::string_view> text = text_of(value.from, input, scratch);
  if (!text) return append_missing(value, why_missing(value.from, input), out);
  switch (value.form) {
    case Form::json: append_json_string(*text, out); break;
    case Form::quoted: append_json_string_content(*text, out); break;
    case Form::text: out += *text;
  }
  return std::nullopt;
}

void Template::append_found(Form form, std::string_view json, std::string& out) {
  const bool is_string = json.front() == '"';
  if (form == Form::json || (!is_string && !is_container(json))) {
    out += json;
  } else if (form == Form::text) {
    if (is_string && json.find('\\') != std::string_view::npos) {
      out += json_string_content(json);
    } else {
      out += is_string ? json.substr(1, json.size() - 2) : json;
    }
  } else if (is_string) {
    out += json.substr(1, json.size() - 2);
  } else {
    append_json_string_content(json, out);
  }
}

std::optional<std::string> Template::append_missing(const Value& value, std::string_view why, std::string& out) {
  if (!value.from.otherwise.empty()) {
    append_found(value.form, value.from.otherwise, out);
  } else if (!value.from.optional) {
    return fmt::format("{} is missing{}{}", value.from.written, why.empty() ? "" : ": ", why);
  } else if (value.form == Form::json) {
    out += "null";
  }
  return std::nullopt;
}

std::vector<const Placeholder*> Template::placeholders() const {
  std::vector<const Placeholder*> out;
  for (const Piece& piece : pieces_) {
    if (piece.value) out.push_back(&piece.value->from);
  }
  return out;
}

const std::string* Template::constant() const noexcept {
  return pieces_.size() == 1 && !pieces_[0].value ? &pieces_[0].before : nullptr;
}

bool Template::is_nothing(const TemplateInput& input) const {
  const bool alone = pieces_.size() == 1 && pieces_[0].before.empty() && pieces_[0].value;
  if (!alone || !pieces_[0].value->from.optional) return false;
  const Placeholder& from = pieces_[0].value->from;
  if (from.kind == Placeholder::Kind::data) {
    const std::string_view json = input.values.value(pieces_[0].value->number);
    return json.empty() || json == "null";
  }
  std::string scratch;
  return !text_of(from, input, scratch);
}

}  // namespace tidegate
