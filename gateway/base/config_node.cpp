#include "gateway/base/config_node.h"

#include <algorithm>

namespace tidegate {

const ConfigEntry* ConfigNode::find(std::string_view key) const noexcept {
  const auto it = std::ranges::find(entries, key, &ConfigEntry::key);
  return it == entries.end() ? nullptr : &*it;
}

namespace {

bool take_digits(std::string_view& text) noexcept {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end > 0;
}

/// The grammar of RFC 8259, section 6.
bool is_json_number(std::string_view text) noexcept {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!take_digits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

}  // namespace

ScalarType scalar_type(const ConfigNode& scalar) noexcept {
  if (scalar.quoted) return ScalarType::string;
  if (scalar.text == "true" || scalar.text == "false") return ScalarType::boolean;
  return is_json_number(scalar.text) ? ScalarType::number : ScalarType::string;
}

}  // namespace tidegate
