#include "gateway/transform/event_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "gateway/event/json_text.h"
#include "gateway/event/rfc3339.h"
#include "gateway/transform/limits.h"

namespace tidegate {

namespace {

/// The beginning of a text, cut between two characters.
std::string_view cut(std::string_view text) {
  std::size_t length = std::min(text.size(), limits::kShownTextBytesMax);
  while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  return text.substr(0, length);
}

std::string shown(std::string_view text) {
  std::string out;
  append_json_string(cut(text), out);
  return out;
}

}  // namespace

Result<Placeholder> read_time_field(std::string_view text) {
  using Kind = Placeholder::Kind;
  const auto invalid = [](std::string message) { return Error{ErrorCode::invalid, std::move(message)}; };
  if (!is_utf8(text)) return invalid("is not UTF-8");
  const std::string closed = std::string(text) + "}";
  std::string_view rest = closed;
  auto taken = take_placeholder(rest);
  if (const auto* mistake = std::get_if<std::string>(&taken)) return invalid("is no field: " + *mistake);
  auto& field = std::get<Placeholder>(taken);
  const bool has_value = field.kind == Kind::data || field.kind == Kind::attribute || field.kind == Kind::capture;
  if (!rest.empty() || !has_value || field.optional || !field.otherwise.empty()) {
    return invalid("is no field; write data.NAME, attributes.NAME or captures.NAME");
  }
  return std::move(field);
}

EventTime::EventTime(EventTimeOptions options) : options_(std::move(options)) {
  if (options_.field.kind == Placeholder::Kind::data) values_.add(options_.field.path);
}

EventTiming EventTime::of(const Event& event, const Captures& captures) {
  const auto absurd = [&](std::string_view said, std::string why) {
    if (options_.otherwise == AbsurdClock::dead) return EventTiming{event.time, {}, "time: " + std::move(why)};
    return EventTiming{event.time, std::string(cut(said)), {}};
  };
  const std::optional<std::string> text = text_of(event, captures);
  if (!text) return absurd({}, options_.field.written + " is missing");
  const std::optional<WallTime> time = options_.format.read(*text, options_.zone);
  if (!time) return absurd(*text, fmt::format("{} is {}, no time of the format", options_.field.written, shown(*text)));
  const bool believable = *time <= event.time + options_.max_ahead && *time >= event.time - options_.max_behind;
  if (believable || options_.otherwise == AbsurdClock::keep) return {*time, {}, {}};
  return absurd(*text, fmt::format("{} is {}, too far from {}, when the event came in", options_.field.written,
                                   format_utc(*time), format_utc(event.time)));
}

std::optional<std::string> EventTime::text_of(const Event& event, const Captures& captures) {
  const auto named = [this](const auto& pairs) -> std::optional<std::string> {
    const auto found = std::ranges::find(pairs, options_.field.name, [](const auto& pair) { return pair.first; });
    return found == pairs.end() ? std::nullopt : std::optional(found->second);
  };
  if (options_.field.kind == Placeholder::Kind::attribute) return named(event.attributes);
  if (options_.field.kind == Placeholder::Kind::capture) return named(captures);
  values_.read(event.data);
  const std::string_view json = values_.value(0);
  if (json.empty() || json == "null") return std::nullopt;
  return json.front() == '"' ? json_string_content(json) : std::string(json);
}

}  // namespace tidegate
