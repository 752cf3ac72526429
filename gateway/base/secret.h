#pragma once

#include <string>
#include <utility>

namespace tidegate {

/// A password, token or key. Cannot be printed or formatted by accident; the one place that needs it says reveal().
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace tidegate
