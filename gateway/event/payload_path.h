#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tidegate {

/// A step into a JSON value: to a member of an object, or to an element of an array.
struct PathStep {
  std::string name;  ///< of the member
  std::uint32_t index = 0;
  bool is_index = false;
  friend bool operator==(const PathStep&, const PathStep&) = default;
};
/// How the config names a part of a payload: .motor.speed, .list[0].x, ["odd name"]
using PayloadPath = std::vector<PathStep>;

/// Takes a name off the front of `rest`: up to what ends one. May be empty.
std::string_view take_path_name(std::string_view& rest);
/// Takes all steps off the front of `rest`, which is UTF-8; none: an empty path. *Errors*: a sentence.
std::variant<PayloadPath, std::string> take_payload_path(std::string_view& rest);

}  // namespace tidegate
