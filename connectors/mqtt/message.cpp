#include "connectors/mqtt/message.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string>

#include "connectors/mqtt/limits.h"

namespace tidegate::mqtt {

namespace {

/// Room that the intake's own fields (id, source, type) get out of the bound on attributes.
constexpr std::size_t kIntakeBytes = 1024;

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view three = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < three.size() ? static_cast<std::uint8_t>(three[k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= three.size() ? kDigits[bits >> (18 - 6 * k) & 63u] : '=';
  }
  return out;
}

void add_property(const Property& property, Event& event) {
  switch (property.id) {
    case PropertyId::content_type: event.datacontenttype = property.text; break;
    case PropertyId::payload_format_indicator:
      if (property.number == 1) event.attributes.emplace_back("payloadformat", "utf8");
      break;
    case PropertyId::message_expiry_interval:
      event.attributes.emplace_back("messageexpiry", std::to_string(property.number));
      break;
    case PropertyId::response_topic: event.attributes.emplace_back("responsetopic", property.text); break;
    case PropertyId::correlation_data: event.attributes.emplace_back("correlationdata", base64(property.text)); break;
    default: break;
  }
}

Status check_limits(const Event& event) {
  using namespace tidegate::limits;
  if (event.data.size() > kEventDataBytesMax) return Error{ErrorCode::invalid, "payload larger than 8 MiB"};
  if (event.attributes.size() > kEventAttributesMax) return Error{ErrorCode::invalid, "more than 64 attributes"};
  std::size_t bytes = event.datacontenttype.size();
  for (const auto& [name, value] : event.attributes) bytes += name.size() + value.size();
  if (bytes + kIntakeBytes > kEventAttributeBytesMax)
    return Error{ErrorCode::invalid, "more than 63 KiB of attributes"};
  return {};
}

}  // namespace

Result<Event> make_event(const Publish& message, std::string_view topic, WallTime now,
                         std::span<const std::pair<std::string, std::string>> own) {
  // Before the payload is copied: what is refused must not cost memory first.
  if (message.payload.size() > tidegate::limits::kEventDataBytesMax)
    return Error{ErrorCode::invalid, "payload larger than 8 MiB"};
  static constexpr const char* kQos[] = {"0", "1", "2"};
  Event event;
  event.subject = topic;
  event.time = now;
  event.data = message.payload;
  event.attributes.reserve(own.size() + (message.properties.empty() ? 2 : 8));
  event.attributes.emplace_back("qos", kQos[message.qos]);
  if (message.retain) event.attributes.emplace_back("retained", "true");
  event.attributes.insert(event.attributes.end(), own.begin(), own.end());
  if (message.properties.empty()) return event;
  message.properties.for_each([&](const Property& property) { add_property(property, event); });
  message.properties.for_each([&](const Property& property) {
    if (property.id == PropertyId::user_property) event.attributes.emplace_back(property.text, property.value);
  });
  if (const Status status = check_limits(event); !status) return status.error();
  return event;
}

std::uint64_t content_hash(std::string_view topic, std::string_view payload) noexcept {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), XXH3_64bits(topic.data(), topic.size()));
}

std::size_t memory_bytes(const Event& event) noexcept {
  std::size_t bytes = sizeof(Event) + event.subject.size() + event.data.size();
  for (const auto& attribute : event.attributes)
    bytes += sizeof attribute + attribute.first.size() + attribute.second.size();
  return bytes;
}

}  // namespace tidegate::mqtt
