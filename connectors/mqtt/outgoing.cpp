#include "connectors/mqtt/outgoing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/mqtt/wire.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/hops.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::mqtt {

namespace {

/// What belongs to the way in which an event came, not to the event: MQTT says it anew on the way out.
constexpr std::array<std::string_view, 3> kOfTheWayIn{"qos", "retained", "payloadformat"};

std::size_t varint_bytes(std::size_t value) { return value < 128 ? 1 : value < 16'384 ? 2 : value < 2'097'152 ? 3 : 4; }

Status check_properties(const Outgoing& out) {
  const auto fits = [](std::string_view text) { return text.size() <= kStringBytesMax && valid_utf8(text); };
  if (!fits(out.content_type)) return Error{ErrorCode::invalid, "the content type is not UTF-8 of at most 65535 bytes"};
  for (const auto& [name, value] : out.user_properties) {
    if (!fits(name)) return Error{ErrorCode::invalid, "an attribute's name is not UTF-8 of at most 65535 bytes"};
    if (!fits(value))
      return Error{
          ErrorCode::invalid,
          fmt::format("attribute \"{}\" is not UTF-8 of at most 65535 bytes, as a user property must be", name)};
  }
  return {};
}

}  // namespace

std::size_t Outgoing::packet_bytes() const noexcept {
  std::size_t properties = (utf8 ? 2u : 0u) + (expiry_s ? 5u : 0u);
  if (!content_type.empty()) properties += 3 + content_type.size();
  for (const auto& [name, value] : user_properties) properties += 5 + name.size() + value.size();
  const std::size_t rest = 2 + topic.size() + 2 + varint_bytes(properties) + properties + payload.size();
  return 1 + varint_bytes(rest) + rest;
}

MessageWriter::MessageWriter(const SinkOptions& options, std::string gateway_id)
    : options_(options), gateway_id_(std::move(gateway_id)) {}

Status MessageWriter::write(const OutEvent& out_event, Version version, Outgoing& out) const {
  const Event& event = out_event.event;
  out.content_type.clear();
  out.utf8 = false;
  out.expiry_s.reset();
  out.user_properties.clear();
  if (Status topic = write_topic(out_event, out); !topic) return topic;
  if (options_.format == SinkFormat::cloudevents) {
    out.written.clear();
    append_cloud_event(event, out.written);
    out.payload = out.written;
  } else {
    out.payload = event.data;
  }
  if (version != Version::v5) return {};
  switch (options_.format) {
    case SinkFormat::payload: write_attributes(event, out); break;
    case SinkFormat::cloudevents:
      out.content_type = kCloudEventContentType;
      out.utf8 = true;
      break;
    case SinkFormat::cloudevents_binary: write_binary_mode(event, out); break;
  }
  for (const auto& property : options_.user_properties) out.user_properties.emplace_back(property);
  write_hops(event, out);
  if (options_.expiry) out.expiry_s = static_cast<std::uint32_t>(options_.expiry->count());
  return check_properties(out);
}

Status MessageWriter::write_topic(const OutEvent& event, Outgoing& out) const {
  if (options_.topic) return options_.topic->expand(event, out.topic);
  out.topic = event.event.subject;
  if (valid_topic_name(out.topic)) return {};
  return Error{ErrorCode::invalid, out.topic.empty() ? "the event has no topic to be published to; give the sink one"
                                                     : "the event's topic holds +, # or bytes that are not UTF-8"};
}

void MessageWriter::write_attributes(const Event& event, Outgoing& out) const {
  out.content_type = event.datacontenttype;
  for (const auto& [name, value] : event.attributes) {
    if (name == "payloadformat" && value == "utf8") out.utf8 = true;
    if (!options_.attributes || name == kHopsAttribute || std::ranges::find(kOfTheWayIn, name) != kOfTheWayIn.end())
      continue;
    out.user_properties.emplace_back(name, value);
  }
}

/// *Source*: CloudEvents MQTT protocol binding 1.0.2, section 3.1.
void MessageWriter::write_binary_mode(const Event& event, Outgoing& out) const {
  out.content_type = payload_content_type(event);
  auto& properties = out.user_properties;
  properties.emplace_back("specversion", "1.0");
  properties.emplace_back("id", event.id);
  properties.emplace_back("source", event.source);
  properties.emplace_back("type", event.type);
  if (!event.subject.empty()) properties.emplace_back("subject", event.subject);
  append_rfc3339(event.time, properties.emplace_back("time", "").second);
  const std::vector<std::string> names = extension_names(event);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != kHopsAttribute) properties.emplace_back(names[i], event.attributes[i].second);
  }
}

void MessageWriter::write_hops(const Event& event, Outgoing& out) const {
  std::string hops;
  for (const auto& [name, value] : event.attributes) {
    if (name == kHopsAttribute) append_hop(hops, value);
  }
  append_hop(hops, gateway_id_);
  out.user_properties.emplace_back(kHopsAttribute, std::move(hops));
}

}  // namespace tidegate::mqtt
