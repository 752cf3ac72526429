#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "gateway/event/event.h"
#include "gateway/event/rfc3339.h"

/// Under which names a pattern sees an event's envelope.
namespace tidegate {

inline constexpr std::string_view kDataField = "data";
inline constexpr std::string_view kCaptureFields = "captures.";

/// True for names, and beginnings of names, that the gateway gives a meaning: no attribute takes one.
inline bool is_taken_field(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 8> kTaken{"id",   "source",          "type",     "subject",
                                                   "time", "datacontenttype", "captures", kDataField};
  return std::ranges::count(kTaken, name.substr(0, name.find('.'))) > 0;
}

/// Calls `each(name, text)` for every field of the envelope.
template <class Captures, class Each>
void for_each_text_field(const Event& event, const Captures& captures, Each each) {
  each("id", event.id);
  each("source", event.source);
  each("type", event.type);
  each("subject", event.subject);
  if (!event.datacontenttype.empty()) each("datacontenttype", event.datacontenttype);
  std::string time;
  append_rfc3339(event.time, time);
  each("time", std::string_view(time));
  for (const auto& [name, level] : captures) each(std::string(kCaptureFields).append(name), level);
  for (const auto& [name, value] : event.attributes) {
    if (!is_taken_field(name)) each(name, value);
  }
}

}  // namespace tidegate
