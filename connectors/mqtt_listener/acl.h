#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace tidegate::mqtt_listener {

/// Who is at the other end of a connection.
struct Guest {
  std::string client_id;
  std::optional<std::string> user;  ///< empty: anonymous
};

/// A topic filter in which %u stands for the user name and %c for the client id.
class TopicPattern {
 public:
  /// *Errors*: invalid, with a phrase that goes on after the offending text.
  static Result<TopicPattern> parse(std::string_view text);

  /// Matches as topic filters do: a leading wildcard matches no topic that begins with $. A name stands for itself
  /// only: none matches that has a / or a wildcard in it. *Source*: MQTT 5, section 4.7.
  [[nodiscard]] bool matches(std::string_view topic, const Guest& guest) const noexcept;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool uses_user() const noexcept { return text_.find("%u") != std::string::npos; }
  [[nodiscard]] bool uses_client_id() const noexcept { return text_.find("%c") != std::string::npos; }

 private:
  std::string text_;
};

/// One rule of `acl`: what whom may publish to.
struct AclRule {
  enum class Access : std::uint8_t { allow, deny };
  std::string user;  ///< empty: everyone
  TopicPattern topic;
  Access access = Access::allow;
};

/// True when the rules let this client publish to the topic: the first that fits decides; if none does, no. Without
/// any rule everything is allowed.
bool may_publish(const std::vector<AclRule>& rules, const Guest& guest, std::string_view topic) noexcept;

/// True when a rule uses a name of this client that could pass for several levels or a wildcard: no rule with it could
/// be trusted.
bool names_are_ambiguous(const std::vector<AclRule>& rules, const Guest& guest) noexcept;

}  // namespace tidegate::mqtt_listener
