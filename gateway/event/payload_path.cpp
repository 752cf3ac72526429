#include "gateway/event/payload_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/event/json_text.h"
#include "gateway/event/limits.h"

namespace tidegate {

namespace {

constexpr std::string_view kEndsName = ".[]?{}\"$ \t\r\n";

bool take(char c, std::string_view& rest) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

/// What follows a [. Returns a mistake; empty: there is none.
std::string take_bracket(PathStep& step, std::string_view& rest) {
  if (rest.starts_with('"')) {
    const std::size_t length = json_value_end(rest);
    if (length == 0) return "[\" begins a name in quotes, and it does not end";
    step.name = json_string_content(rest.substr(0, rest.find_last_of('"', length - 1) + 1));
    rest.remove_prefix(length);
  } else {
    step.is_index = true;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), step.index);
    if (error != std::errc{}) return "[ ] takes the number of an element, from 0, or a name in quotes";
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
  }
  return take(']', rest) ? "" : "a ] is missing";
}

}  // namespace

std::string_view take_path_name(std::string_view& rest) {
  const std::string_view name = rest.substr(0, std::min(rest.find_first_of(kEndsName), rest.size()));
  rest.remove_prefix(name.size());
  return name;
}

std::variant<PayloadPath, std::string> take_payload_path(std::string_view& rest) {
  PayloadPath path;
  while (true) {
    PathStep step;
    if (take('.', rest)) {
      step.name = take_path_name(rest);
      if (step.name.empty()) {
        return "a name is missing after the dot; one with odd characters is written [\"like this\"]";
      }
    } else if (take('[', rest)) {
      if (std::string mistake = take_bracket(step, rest); !mistake.empty()) return mistake;
    } else {
      return path;
    }
    path.push_back(std::move(step));
    if (path.size() > limits::kPathStepsMax)
      return fmt::format("the path has more than {} steps", limits::kPathStepsMax);
  }
}

}  // namespace tidegate
