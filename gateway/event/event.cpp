#include "gateway/event/event.h"

#include <fmt/format.h>

#include <string_view>

#include "gateway/base/limits.h"

namespace tidegate {

namespace {

Error over_limit(std::string_view what, std::size_t size, std::size_t max) {
  return {ErrorCode::invalid, fmt::format("{} {}, more than the {} that an event may have", size, what, max)};
}

}  // namespace

std::size_t payload_bytes(const Event& event) noexcept {
  std::size_t bytes = event.subject.size() + event.data.size();
  for (const auto& [name, value] : event.attributes) bytes += name.size() + value.size();
  return bytes;
}

Status check_event(const Event& event) {
  if (event.data.size() > limits::kEventDataBytesMax)
    return over_limit("bytes of data", event.data.size(), limits::kEventDataBytesMax);
  if (event.subject.size() > limits::kTopicBytesMax)
    return over_limit("bytes of topic", event.subject.size(), limits::kTopicBytesMax);
  if (event.attributes.size() > limits::kEventAttributesMax)
    return over_limit("attributes", event.attributes.size(), limits::kEventAttributesMax);
  // id, source, type and content type travel as attributes do, and share their bound.
  std::size_t bytes = event.id.size() + event.source.size() + event.type.size() + event.datacontenttype.size();
  for (const auto& [name, value] : event.attributes) bytes += name.size() + value.size();
  if (bytes > limits::kEventAttributeBytesMax)
    return over_limit("bytes of attributes", bytes, limits::kEventAttributeBytesMax);
  return {};
}

}  // namespace tidegate
