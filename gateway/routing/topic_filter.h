#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/result.h"

namespace tidegate {

/// True for what a message may be published to: UTF-8, 1 to limits::kTopicBytesMax bytes, no wildcard, no NUL.
/// *Source*: MQTT 5.0, sections 1.5.4 and 4.7.3.
bool is_topic_name(std::string_view text) noexcept;

/// An MQTT topic filter in which a whole level may be written {name}: a + whose value is remembered.
/// *Source*: MQTT 5.0, section 4.7 (wildcards; topics that begin with $ are not matched by a leading wildcard).
class TopicFilter {
 public:
  /// *Errors*: invalid, with the offending level and the remedy.
  static Result<TopicFilter> parse(std::string_view text);

  [[nodiscard]] bool matches(std::string_view topic) const noexcept;
  /// The captures of a topic that matches, in the order of the filter; views into `topic` and this filter.
  [[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> captures(std::string_view topic) const;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  struct Level {
    enum class Kind : std::uint8_t { literal, one, capture, rest } kind;
    std::string text;  ///< the literal, or the capture's name
  };
  [[nodiscard]] const std::vector<Level>& levels() const noexcept { return levels_; }

 private:
  std::string text_;
  std::vector<Level> levels_;
};

}  // namespace tidegate
