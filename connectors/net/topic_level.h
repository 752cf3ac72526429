#pragma once

#include <string>
#include <string_view>

#include "gateway/event/json_text.h"

namespace tidegate {

/// Appends `value` as one level of a topic: what cannot stand in one (slashes, wildcards, controls, nothing at all)
/// becomes "_".
inline void append_topic_level(std::string_view value, std::string& out) {
  if (value.empty()) {
    out += '_';
    return;
  }
  const bool valid = is_utf8(value);
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool allowed = c != '/' && c != '+' && c != '#' && byte >= 0x20 && byte != 0x7f && (byte < 0x80 || valid);
    out += allowed ? c : '_';
  }
}

}  // namespace tidegate
