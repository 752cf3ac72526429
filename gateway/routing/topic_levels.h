#pragma once

#include <string_view>

namespace tidegate {

/// The levels of a topic one after the other, without copying. "a//b" has three, the second empty; "" has one.
/// *Source*: MQTT 5.0, section 4.7.1.1.
class TopicLevels {
 public:
  explicit TopicLevels(std::string_view topic) noexcept : rest_(topic) {}

  [[nodiscard]] bool at_end() const noexcept { return at_end_; }
  /// The next level. Call only before the end.
  std::string_view next() noexcept {
    const auto slash = rest_.find('/');
    const std::string_view level = rest_.substr(0, slash);
    at_end_ = slash == std::string_view::npos;
    if (!at_end_) rest_.remove_prefix(slash + 1);
    return level;
  }

 private:
  std::string_view rest_;
  bool at_end_ = false;
};

}  // namespace tidegate
