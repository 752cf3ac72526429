#include <algorithm>

#include "connectors/mqtt/codec.h"
#include "connectors/mqtt/wire.h"

namespace tidegate::mqtt {

namespace {

using MaybeFault = std::optional<Fault>;

Fault malformed(std::string_view what) { return {Reason::malformed_packet, what}; }
Fault protocol_error(std::string_view what) { return {Reason::protocol_error, what}; }

MaybeFault read_text(Reader& reader, std::string_view& out, std::string_view what) {
  out = reader.sized();
  if (!reader.ok()) return malformed("packet cut short");
  if (!valid_utf8(out)) return malformed(what);
  return std::nullopt;
}

/// The property length and the properties; nothing at all in 3.1.1.
MaybeFault read_properties(Reader& reader, Version version, PacketType owner, Properties& out) {
  if (version == Version::v3_1_1) return std::nullopt;
  const std::uint32_t size = reader.varint();
  const std::string_view encoded = reader.bytes(size);
  if (!reader.ok()) return malformed("properties longer than the packet");
  if (encoded.empty()) return std::nullopt;
  if (auto fault = check_properties(encoded, owner)) return fault;
  out = Properties(encoded);
  return std::nullopt;
}

MaybeFault read_packet_id(Reader& reader, std::uint16_t& out) {
  out = reader.u16();
  if (!reader.ok()) return malformed("packet cut short");
  if (out == 0) return protocol_error("packet identifier 0");  // [MQTT-2.2.1-3]
  return std::nullopt;
}

/// The bits of the fixed header that section 2.1.3 fixes for every type but PUBLISH.
bool flags_are_right(const Frame& frame) noexcept {
  switch (frame.type) {
    case PacketType::publish: return true;
    case PacketType::pubrel:
    case PacketType::subscribe:
    case PacketType::unsubscribe: return frame.flags == 2;
    default: return frame.flags == 0;
  }
}

/// Which reason codes each packet may carry (MQTT 5, section 2.4).
bool reason_allowed(PacketType type, Reason reason) noexcept {
  using enum Reason;
  const auto one_of = [reason](std::initializer_list<Reason> list) {
    return std::find(list.begin(), list.end(), reason) != list.end();
  };
  switch (type) {
    case PacketType::connack:
      return one_of({success,
                     unspecified_error,
                     malformed_packet,
                     protocol_error,
                     implementation_specific_error,
                     unsupported_protocol_version,
                     client_identifier_not_valid,
                     bad_user_name_or_password,
                     not_authorized,
                     server_unavailable,
                     server_busy,
                     banned,
                     bad_authentication_method,
                     topic_name_invalid,
                     packet_too_large,
                     quota_exceeded,
                     payload_format_invalid,
                     retain_not_supported,
                     qos_not_supported,
                     use_another_server,
                     server_moved,
                     connection_rate_exceeded});
    case PacketType::puback:
    case PacketType::pubrec:
      return one_of({success, no_matching_subscribers, unspecified_error, implementation_specific_error, not_authorized,
                     topic_name_invalid, packet_identifier_in_use, quota_exceeded, payload_format_invalid});
    case PacketType::pubrel:
    case PacketType::pubcomp: return one_of({success, packet_identifier_not_found});
    case PacketType::suback:
      return one_of({success, granted_qos_1, granted_qos_2, unspecified_error, implementation_specific_error,
                     not_authorized, topic_filter_invalid, packet_identifier_in_use, quota_exceeded,
                     shared_subscriptions_not_supported, subscription_identifiers_not_supported,
                     wildcard_subscriptions_not_supported});
    case PacketType::unsuback:
      return one_of({success, no_subscription_existed, unspecified_error, implementation_specific_error, not_authorized,
                     topic_filter_invalid, packet_identifier_in_use});
    case PacketType::disconnect:
      return one_of({success,
                     disconnect_with_will,
                     unspecified_error,
                     malformed_packet,
                     protocol_error,
                     implementation_specific_error,
                     not_authorized,
                     server_busy,
                     server_shutting_down,
                     bad_authentication_method,
                     keep_alive_timeout,
                     session_taken_over,
                     topic_filter_invalid,
                     topic_name_invalid,
                     receive_maximum_exceeded,
                     topic_alias_invalid,
                     packet_too_large,
                     message_rate_too_high,
                     quota_exceeded,
                     administrative_action,
                     payload_format_invalid,
                     retain_not_supported,
                     qos_not_supported,
                     use_another_server,
                     server_moved,
                     shared_subscriptions_not_supported,
                     connection_rate_exceeded,
                     maximum_connect_time,
                     subscription_identifiers_not_supported,
                     wildcard_subscriptions_not_supported});
    case PacketType::auth: return one_of({success, continue_authentication, re_authenticate});
    default: return false;
  }
}

/// A reason code and properties that may both be left out at the end of a packet (sections 3.4.2, 3.14.2, 3.15.2).
MaybeFault read_reason_tail(Reader& reader, PacketType type, Reason& reason, Properties& properties) {
  if (reader.at_end()) return std::nullopt;
  reason = static_cast<Reason>(reader.u8());
  if (!reason_allowed(type, reason)) return protocol_error("reason code not allowed in this packet");
  if (reader.at_end()) return std::nullopt;
  return read_properties(reader, Version::v5, type, properties);
}

MaybeFault decode_publish(const Frame& frame, Version version, Publish& out) {
  out.dup = (frame.flags & 0x08u) != 0;
  out.qos = static_cast<std::uint8_t>(frame.flags >> 1 & 3u);
  out.retain = (frame.flags & 1u) != 0;
  if (out.qos == 3) return malformed("QoS 3");                        // [MQTT-3.3.1-4]
  if (out.dup && out.qos == 0) return malformed("DUP set at QoS 0");  // [MQTT-3.3.1-2]
  Reader reader(frame.body);
  if (auto fault = read_text(reader, out.topic, "topic is not valid UTF-8")) return fault;
  if (out.topic.find_first_of("+#") != std::string_view::npos)
    return Fault{Reason::topic_name_invalid, "topic contains a wildcard"};  // [MQTT-3.3.2-2]
  if (out.qos > 0)
    if (auto fault = read_packet_id(reader, out.packet_id)) return fault;
  if (auto fault = read_properties(reader, version, PacketType::publish, out.properties)) return fault;
  if (out.topic.empty() && !out.properties.find(PropertyId::topic_alias))
    return protocol_error("neither topic nor topic alias");  // section 3.3.2.1
  if (out.properties.number(PropertyId::topic_alias, 1) == 0)
    return Fault{Reason::topic_alias_invalid, "topic alias 0"};  // [MQTT-3.3.2-8]
  out.payload = reader.rest();
  return std::nullopt;
}

MaybeFault decode_ack(const Frame& frame, Version version, Ack& out) {
  out.type = frame.type;
  Reader reader(frame.body);
  if (auto fault = read_packet_id(reader, out.packet_id)) return fault;
  if (version == Version::v5)
    if (auto fault = read_reason_tail(reader, frame.type, out.reason, out.properties)) return fault;
  if (!reader.at_end()) return malformed("bytes after the end of the packet");
  return std::nullopt;
}

MaybeFault decode_will(Reader& reader, Version version, std::uint8_t flags, Will& out) {
  out.qos = static_cast<std::uint8_t>(flags >> 3 & 3u);
  out.retain = (flags & 0x20u) != 0;
  if (out.qos == 3) return malformed("will QoS 3");  // [MQTT-3.1.2-12]
  if (auto fault = read_properties(reader, version, PacketType::will, out.properties)) return fault;
  if (auto fault = read_text(reader, out.topic, "will topic is not valid UTF-8")) return fault;
  out.payload = reader.sized();
  if (!reader.ok()) return malformed("packet cut short");
  if (!valid_topic_name(out.topic)) return Fault{Reason::topic_name_invalid, "will topic is not a topic name"};
  return std::nullopt;
}

MaybeFault check_connect_flags(std::uint8_t flags, Version version) {
  const bool will = (flags & 0x04u) != 0;
  if ((flags & 0x01u) != 0) return malformed("reserved connect flag set");           // [MQTT-3.1.2-3]
  if (!will && (flags & 0x38u) != 0) return malformed("will flags without a will");  // [MQTT-3.1.2-11, -13]
  if (version == Version::v3_1_1 && (flags & 0xC0u) == 0x40u)
    return malformed("password without user name");  // [MQTT-3.1.2-22] of 3.1.1
  return std::nullopt;
}

MaybeFault decode_connect(const Frame& frame, Connect& out) {
  Reader reader(frame.body);
  const std::string_view protocol = reader.sized();
  const std::uint8_t level = reader.u8();
  const std::uint8_t flags = reader.u8();
  out.keep_alive_s = reader.u16();
  if (!reader.ok()) return malformed("packet cut short");
  if ((protocol != "MQTT" && protocol != "MQIsdp") || (level != 4 && level != 5))
    return Fault{Reason::unsupported_protocol_version, "protocol is neither MQTT 5 nor MQTT 3.1.1"};
  out.version = static_cast<Version>(level);
  if (auto fault = check_connect_flags(flags, out.version)) return fault;
  out.clean_start = (flags & 0x02u) != 0;
  if (auto fault = read_properties(reader, out.version, PacketType::connect, out.properties)) return fault;
  if (auto fault = read_text(reader, out.client_id, "client identifier is not valid UTF-8")) return fault;
  if ((flags & 0x04u) != 0)
    if (auto fault = decode_will(reader, out.version, flags, out.will.emplace())) return fault;
  if ((flags & 0x80u) != 0)
    if (auto fault = read_text(reader, out.user.emplace(), "user name is not valid UTF-8")) return fault;
  if ((flags & 0x40u) != 0) out.password = reader.sized();
  if (!reader.ok()) return malformed("packet cut short");
  if (!reader.at_end()) return malformed("bytes after the end of the packet");
  return std::nullopt;
}

MaybeFault decode_connack(const Frame& frame, Version version, Connack& out) {
  Reader reader(frame.body);
  const std::uint8_t flags = reader.u8();
  const std::uint8_t code = reader.u8();
  if (!reader.ok()) return malformed("packet cut short");
  if ((flags & 0xFEu) != 0) return malformed("reserved connack flag set");  // [MQTT-3.2.2-1]
  out.session_present = (flags & 1u) != 0;
  // A server that knows no MQTT 5 answers in the form of 3.1.1, whose codes are 1 to 5; no reason of MQTT 5 is.
  if (version == Version::v3_1_1 || (reader.at_end() && code >= 1 && code <= 5)) {
    if (code > 5) return protocol_error("reason code not allowed in this packet");
    out.reason = reason_from_connack_3_1_1(code);
  } else {
    out.reason = static_cast<Reason>(code);
    if (!reason_allowed(PacketType::connack, out.reason))
      return protocol_error("reason code not allowed in this packet");
    if (auto fault = read_properties(reader, version, PacketType::connack, out.properties)) return fault;
  }
  if (out.session_present && out.reason != Reason::success)
    return protocol_error("session present with a refusal");  // [MQTT-3.2.2-6]
  if (!reader.at_end()) return malformed("bytes after the end of the packet");
  return std::nullopt;
}

MaybeFault decode_subscribe_filter(Reader& reader, Version version, SubscribeFilter& out) {
  if (auto fault = read_text(reader, out.filter, "topic filter is not valid UTF-8")) return fault;
  const std::uint8_t options = reader.u8();
  if (!reader.ok()) return malformed("packet cut short");
  out.qos = options & 3u;
  if (out.qos == 3) return malformed("QoS 3");
  if ((options & (version == Version::v5 ? 0xC0u : 0xFCu)) != 0) return malformed("reserved subscription option set");
  out.no_local = (options & 0x04u) != 0;
  out.retain_as_published = (options & 0x08u) != 0;
  out.retain_handling = static_cast<std::uint8_t>(options >> 4 & 3u);
  if (out.retain_handling == 3) return protocol_error("retain handling 3");
  if (!valid_topic_filter(out.filter)) return Fault{Reason::topic_filter_invalid, "topic filter is not valid"};
  if (out.no_local && out.filter.starts_with("$share/"))
    return protocol_error("no local on a shared subscription");  // [MQTT-3.8.3-4]
  return std::nullopt;
}

MaybeFault decode_subscribe(const Frame& frame, Version version, Subscribe& out) {
  Reader reader(frame.body);
  if (auto fault = read_packet_id(reader, out.packet_id)) return fault;
  if (auto fault = read_properties(reader, version, PacketType::subscribe, out.properties)) return fault;
  unsigned identifiers = 0;
  out.properties.for_each([&](const Property& p) { identifiers += p.id == PropertyId::subscription_identifier; });
  if (identifiers > 1) return protocol_error("property given twice");
  if (reader.at_end()) return protocol_error("no topic filter");  // [MQTT-3.8.3-2]
  while (!reader.at_end())
    if (auto fault = decode_subscribe_filter(reader, version, out.filters.emplace_back())) return fault;
  return std::nullopt;
}

MaybeFault decode_unsubscribe(const Frame& frame, Version version, Unsubscribe& out) {
  Reader reader(frame.body);
  if (auto fault = read_packet_id(reader, out.packet_id)) return fault;
  if (auto fault = read_properties(reader, version, PacketType::unsubscribe, out.properties)) return fault;
  if (reader.at_end()) return protocol_error("no topic filter");  // [MQTT-3.10.3-2]
  while (!reader.at_end()) {
    if (auto fault = read_text(reader, out.filters.emplace_back(), "topic filter is not valid UTF-8")) return fault;
    if (!valid_topic_filter(out.filters.back()))
      return Fault{Reason::topic_filter_invalid, "topic filter is not valid"};
  }
  return std::nullopt;
}

MaybeFault decode_subscription_ack(const Frame& frame, Version version, SubscriptionAck& out) {
  out.type = frame.type;
  Reader reader(frame.body);
  if (auto fault = read_packet_id(reader, out.packet_id)) return fault;
  if (auto fault = read_properties(reader, version, frame.type, out.properties)) return fault;
  out.reasons = reader.rest();
  const bool without_reasons = version == Version::v3_1_1 && frame.type == PacketType::unsuback;
  if (out.reasons.empty() != without_reasons) return malformed("wrong number of reason codes");
  const auto bad = [&](char code) { return !reason_allowed(frame.type, static_cast<Reason>(code)); };
  if (std::any_of(out.reasons.begin(), out.reasons.end(), bad))
    return protocol_error("reason code not allowed in this packet");
  return std::nullopt;
}

/// DISCONNECT and AUTH: nothing but a reason and properties.
MaybeFault decode_reason_only(const Frame& frame, Version version, Reason& reason, Properties& properties) {
  Reader reader(frame.body);
  if (version == Version::v5)
    if (auto fault = read_reason_tail(reader, frame.type, reason, properties)) return fault;
  if (!reader.at_end()) return malformed("bytes after the end of the packet");
  return std::nullopt;
}

MaybeFault decode_auth(const Frame& frame, Version version, Auth& out) {
  if (version == Version::v3_1_1) return malformed("packet type 15");
  if (auto fault = decode_reason_only(frame, version, out.reason, out.properties)) return fault;
  const bool has_method = out.properties.find(PropertyId::authentication_method).has_value();
  if (!frame.body.empty() && !has_method) return protocol_error("AUTH without a method");  // section 3.15.2.2.2
  return std::nullopt;
}

MaybeFault decode_empty(const Frame& frame) {
  return frame.body.empty() ? MaybeFault{} : MaybeFault{malformed("bytes after the end of the packet")};
}

}  // namespace

std::string_view name_of(Version version) noexcept { return version == Version::v5 ? "MQTT 5" : "MQTT 3.1.1"; }

Framing next_frame(std::string_view buffer, Frame& frame) noexcept {
  frame = Frame{};
  if (buffer.empty()) return Framing::incomplete;
  const auto first = static_cast<std::uint8_t>(buffer[0]);
  frame.type = static_cast<PacketType>(first >> 4);
  frame.flags = first & 0x0Fu;
  Reader reader(buffer.substr(1));
  const std::uint32_t length = reader.varint();
  if (!reader.ok()) {
    // Four bytes of length are there, or the last one there ends it: then what is wrong will not mend.
    const std::string_view tail = buffer.substr(1, 4);
    const bool unfinished = std::all_of(tail.begin(), tail.end(), [](char c) { return (c & 0x80) != 0; });
    return unfinished && tail.size() < 4 ? Framing::incomplete : Framing::malformed;
  }
  frame.header_size = buffer.size() - reader.rest().size();
  frame.size = frame.header_size + length;
  frame.body = reader.rest().substr(0, length);
  return frame.body.size() == length ? Framing::complete : Framing::incomplete;
}

std::optional<Fault> decode(const Frame& frame, Version version, Packet& packet) {
  if (!flags_are_right(frame)) return malformed("reserved flags of the fixed header are wrong");  // [MQTT-2.1.3-1]
  switch (frame.type) {
    case PacketType::will: return malformed("packet type 0");
    case PacketType::connect: return decode_connect(frame, packet.emplace<Connect>());
    case PacketType::connack: return decode_connack(frame, version, packet.emplace<Connack>());
    case PacketType::publish: return decode_publish(frame, version, packet.emplace<Publish>());
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp: return decode_ack(frame, version, packet.emplace<Ack>());
    case PacketType::subscribe: return decode_subscribe(frame, version, packet.emplace<Subscribe>());
    case PacketType::suback:
    case PacketType::unsuback: return decode_subscription_ack(frame, version, packet.emplace<SubscriptionAck>());
    case PacketType::unsubscribe: return decode_unsubscribe(frame, version, packet.emplace<Unsubscribe>());
    case PacketType::pingreq: packet.emplace<Pingreq>(); return decode_empty(frame);
    case PacketType::pingresp: packet.emplace<Pingresp>(); return decode_empty(frame);
    case PacketType::disconnect: {
      auto& disconnect = packet.emplace<Disconnect>();
      return decode_reason_only(frame, version, disconnect.reason, disconnect.properties);
    }
    case PacketType::auth: return decode_auth(frame, version, packet.emplace<Auth>());
  }
  return malformed("packet type unknown");
}

bool valid_topic_name(std::string_view topic) noexcept {
  return !topic.empty() && topic.size() <= kStringBytesMax && valid_utf8(topic) &&
         topic.find_first_of("+#") == std::string_view::npos;
}

bool valid_topic_filter(std::string_view filter) noexcept {
  if (filter.empty() || filter.size() > kStringBytesMax || !valid_utf8(filter)) return false;
  if (filter.starts_with("$share/")) {
    const std::size_t slash = filter.find('/', 7);
    if (slash == std::string_view::npos || slash == 7) return false;
    if (filter.substr(7, slash - 7).find_first_of("+#") != std::string_view::npos) return false;  // [MQTT-4.8.2-2]
    filter.remove_prefix(slash + 1);
    if (filter.empty()) return false;
  }
  for (std::size_t i = 0; i < filter.size(); ++i) {
    if (filter[i] != '+' && filter[i] != '#') continue;
    const bool opens_level = i == 0 || filter[i - 1] == '/';
    const bool closes_level = i + 1 == filter.size() || filter[i + 1] == '/';
    if (!opens_level || !closes_level) return false;  // [MQTT-4.7.1-1, -2]
    if (filter[i] == '#' && i + 1 != filter.size()) return false;
  }
  return true;
}

}  // namespace tidegate::mqtt
