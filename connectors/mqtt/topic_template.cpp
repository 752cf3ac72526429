#include "connectors/mqtt/topic_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "connectors/mqtt/codec.h"
#include "gateway/base/limits.h"

namespace tidegate::mqtt {

namespace {

std::optional<std::string_view> value_of(const OutEvent& out, std::string_view name) {
  for (const auto& [capture, value] : out.captures) {
    if (capture == name) return value;
  }
  const Event& event = out.event;
  if (name == "subject") return event.subject;
  if (name == "id") return event.id;
  if (name == "source") return event.source;
  if (name == "type") return event.type;
  return std::nullopt;
}

}  // namespace

Result<TopicTemplate> TopicTemplate::parse(std::string_view text) {
  if (text.empty()) return Error{ErrorCode::invalid, "is empty; leave it out to publish to the event's own topic"};
  TopicTemplate made;
  made.text_ = text;
  while (!text.empty()) {
    const std::size_t brace = text.find_first_of("{}");
    if (const std::string_view literal = text.substr(0, brace); !literal.empty()) {
      if (!valid_topic_name(literal))
        return Error{ErrorCode::invalid, "is no topic to publish to: + and # are for subscriptions"};
      made.parts_.push_back({false, std::string(literal)});
    }
    if (brace == std::string_view::npos) break;
    const std::size_t end = text.find_first_of("{}", brace + 1);
    const bool closed = text[brace] == '{' && end != std::string_view::npos && text[end] == '}' && end > brace + 1;
    if (!closed) return Error{ErrorCode::invalid, "has a brace without its pair; a name is written {name}"};
    made.parts_.push_back({true, std::string(text.substr(brace + 1, end - brace - 1))});
    text.remove_prefix(end + 1);
  }
  return made;
}

Status TopicTemplate::expand(const OutEvent& event, std::string& out) const {
  out.clear();
  for (const Part& part : parts_) {
    if (!part.is_name) {
      out += part.text;
      continue;
    }
    const auto value = value_of(event, part.text);
    if (!value)
      return Error{ErrorCode::invalid,
                   fmt::format("the topic wants {{{}}}, which the route's topic does not capture", part.text)};
    out += *value;
  }
  if (out.empty()) return Error{ErrorCode::invalid, "the event has no topic to be published to"};
  if (out.size() > tidegate::limits::kTopicBytesMax)
    return Error{ErrorCode::invalid, fmt::format("the topic would have {} bytes, more than the {} allowed", out.size(),
                                                 tidegate::limits::kTopicBytesMax)};
  if (!valid_topic_name(out)) return Error{ErrorCode::invalid, "the topic would hold +, # or bytes that are not UTF-8"};
  return {};
}

std::vector<std::string_view> TopicTemplate::captures_wanted() const {
  std::vector<std::string_view> wanted;
  for (const Part& part : parts_) {
    if (part.is_name && std::ranges::find(kEventNames, part.text) == std::end(kEventNames)) wanted.push_back(part.text);
  }
  return wanted;
}

}  // namespace tidegate::mqtt
