#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/transform/placeholder.h"

namespace tidegate {

/// The values that several paths lead to in a JSON payload, found in one pass. Of members that come twice the last one
/// counts. *Threads*: one user at a time.
class PayloadValues {
 public:
  /// Adds a path; the number by which value() knows it. Equal paths get equal numbers.
  std::size_t add(const PayloadPath& path);
  [[nodiscard]] bool empty() const noexcept { return slots_ == 0; }

  /// Looks at a payload, which must stay while the values are used.
  void read(std::string_view payload);
  /// The payload that was read is one JSON value (is_embeddable_json).
  [[nodiscard]] bool is_json() const noexcept { return is_json_; }
  /// As it is written in the payload; empty: there is none.
  [[nodiscard]] std::string_view value(std::size_t number) const noexcept { return values_[number]; }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Node {
    PathStep step;
    std::uint32_t slot = kNone;
    std::vector<std::uint32_t> children;
  };

  std::uint32_t child(std::uint32_t node, const PathStep& step);
  void take(std::uint32_t node, std::string_view value);
  bool walk(std::uint32_t node, std::string_view text);
  [[nodiscard]] std::uint32_t member(const Node& node, std::string_view key) const;
  [[nodiscard]] std::uint32_t element(const Node& node, std::uint32_t index) const;
  void forget(std::uint32_t node);

  std::vector<Node> nodes_{Node{}};  ///< the first is the payload itself
  std::size_t slots_ = 0;
  std::vector<std::string_view> values_;
  bool is_json_ = false;
};

}  // namespace tidegate
