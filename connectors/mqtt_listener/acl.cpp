#include "connectors/mqtt_listener/acl.h"

#include <algorithm>

#include "connectors/mqtt/codec.h"

namespace tidegate::mqtt_listener {

namespace {

/// Takes the first level off; `more` says whether another follows.
std::string_view take_level(std::string_view& rest, bool& more) noexcept {
  const std::size_t slash = rest.find('/');
  more = slash != std::string_view::npos;
  const std::string_view level = rest.substr(0, slash);
  rest.remove_prefix(more ? slash + 1 : rest.size());
  return level;
}

bool strip_prefix(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// A level of the pattern, names filled in, against a level of the topic.
bool level_matches(std::string_view pattern, std::string_view level, const Guest& guest) noexcept {
  while (!pattern.empty()) {
    if (strip_prefix(pattern, "%u")) {
      if (!guest.user || !strip_prefix(level, *guest.user)) return false;
    } else if (strip_prefix(pattern, "%c")) {
      if (!strip_prefix(level, guest.client_id)) return false;
    } else {
      if (level.empty() || pattern.front() != level.front()) return false;
      pattern.remove_prefix(1);
      level.remove_prefix(1);
    }
  }
  return level.empty();
}

bool is_ambiguous(std::string_view name) noexcept {
  return name.empty() || name.find_first_of("/+#") != std::string_view::npos;
}

}  // namespace

Result<TopicPattern> TopicPattern::parse(std::string_view text) {
  if (!mqtt::valid_topic_filter(text) || text.starts_with("$share/"))
    return Error{ErrorCode::invalid, "is not a topic filter: + and # stand for whole levels, # only for the last"};
  TopicPattern pattern;
  pattern.text_ = text;
  return pattern;
}

bool TopicPattern::matches(std::string_view topic, const Guest& guest) const noexcept {
  std::string_view pattern = text_;
  if (topic.starts_with('$') && (pattern.starts_with('+') || pattern.starts_with('#'))) return false;
  for (;;) {
    bool pattern_goes_on = false;
    bool topic_goes_on = false;
    const std::string_view want = take_level(pattern, pattern_goes_on);
    if (want == "#") return true;
    const std::string_view have = take_level(topic, topic_goes_on);
    if (want != "+" && !level_matches(want, have, guest)) return false;
    if (!topic_goes_on) return !pattern_goes_on || pattern == "#";  // "a/#" matches "a" too
    if (!pattern_goes_on) return false;
  }
}

bool may_publish(const std::vector<AclRule>& rules, const Guest& guest, std::string_view topic) noexcept {
  if (rules.empty()) return true;
  for (const AclRule& rule : rules) {
    if (!rule.user.empty() && (!guest.user || rule.user != *guest.user)) continue;
    if (rule.topic.matches(topic, guest)) return rule.access == AclRule::Access::allow;
  }
  return false;
}

bool names_are_ambiguous(const std::vector<AclRule>& rules, const Guest& guest) noexcept {
  return std::any_of(rules.begin(), rules.end(), [&](const AclRule& rule) {
    return (rule.topic.uses_client_id() && is_ambiguous(guest.client_id)) ||
           (rule.topic.uses_user() && guest.user && is_ambiguous(*guest.user));
  });
}

}  // namespace tidegate::mqtt_listener
