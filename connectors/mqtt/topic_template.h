#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/result.h"

namespace tidegate::mqtt {

/// The topic that an event is published to, made from what is known of the event: `site/{site}/{device}`.
/// {NAME} stands for a capture of the route, or for one of kEventNames; a capture goes first.
class TopicTemplate {
 public:
  /// What every event has, whatever its route captures.
  static constexpr std::string_view kEventNames[] = {"subject", "id", "source", "type"};

  /// *Errors*: invalid, to be read after the offending text.
  static Result<TopicTemplate> parse(std::string_view text);

  /// Puts the event's topic into `out`. *Errors*: invalid, when the template wants a name that the route does not
  /// capture, or what comes out is no topic to publish to.
  Status expand(const OutEvent& event, std::string& out) const;

  /// The names that only a route's captures can give.
  [[nodiscard]] std::vector<std::string_view> captures_wanted() const;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  struct Part {
    bool is_name = false;
    std::string text;
  };
  std::string text_;
  std::vector<Part> parts_;
};

}  // namespace tidegate::mqtt
