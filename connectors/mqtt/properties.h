#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/mqtt/reason.h"

namespace tidegate::mqtt {

/// *Source*: MQTT 5, section 2.2.2.2.
enum class PropertyId : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2A,
};

/// Packet types, numbered as on the wire (MQTT 5, section 2.1.2). `will` stands for the Will Properties inside CONNECT.
enum class PacketType : std::uint8_t {
  will = 0,
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};

/// One property. Integers and booleans are in `number`, strings and binary data in `text`; a user property has its
/// name in `text` and its value in `value`.
struct Property {
  PropertyId id{};
  std::uint32_t number = 0;
  std::string_view text;
  std::string_view value;
};

/// A view of the encoded properties of one packet, without the length that precedes them. Owns nothing.
class Properties {
 public:
  Properties() = default;
  /// `encoded` has passed check_properties() or comes from a PropertyWriter.
  explicit Properties(std::string_view encoded) noexcept : encoded_(encoded) {}

  [[nodiscard]] bool empty() const noexcept { return encoded_.empty(); }
  [[nodiscard]] std::string_view encoded() const noexcept { return encoded_; }
  [[nodiscard]] std::optional<Property> find(PropertyId id) const noexcept;
  [[nodiscard]] std::uint32_t number(PropertyId id, std::uint32_t otherwise) const noexcept;
  [[nodiscard]] std::string_view text(PropertyId id) const noexcept;

  /// Calls `visit(const Property&)` for each, in the order of the packet.
  template <class Visit>
  void for_each(Visit&& visit) const {
    std::string_view rest = encoded_;
    Property property;
    while (take(rest, property)) visit(property);
  }

 private:
  static bool take(std::string_view& rest, Property& out) noexcept;
  std::string_view encoded_;
};

/// Checks encoded properties against the table of section 2.2.2.2: known, allowed in `owner`, whole, of the right type
/// and range, none twice that may come once only.
std::optional<Fault> check_properties(std::string_view encoded, PacketType owner) noexcept;

/// Encodes properties by appending to a string.
class PropertyWriter {
 public:
  PropertyWriter& number(PropertyId id, std::uint32_t value);
  PropertyWriter& text(PropertyId id, std::string_view value);
  PropertyWriter& user(std::string_view name, std::string_view value);
  [[nodiscard]] Properties view() const noexcept { return Properties(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace tidegate::mqtt
