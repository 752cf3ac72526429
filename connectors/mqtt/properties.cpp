#include "connectors/mqtt/properties.h"

#include <array>

#include "connectors/mqtt/wire.h"

namespace tidegate::mqtt {

namespace {

enum class Kind : std::uint8_t { none, flag, u16, u32, varint, text, binary, pair };

/// One row of the table in section 2.2.2.2, with the limits that the sections on each packet add.
struct Row {
  Kind kind = Kind::none;
  bool repeats = false;
  bool zero_allowed = true;
  std::uint16_t owners = 0;  ///< bit n: allowed in the packet whose type is n
};

constexpr std::uint16_t bits() { return 0; }
template <class... Rest>
constexpr std::uint16_t bits(PacketType first, Rest... rest) {
  return static_cast<std::uint16_t>(1u << static_cast<unsigned>(first) | bits(rest...));
}

constexpr std::size_t kPropertyIdsEnd = 0x2B;

constexpr std::array<Row, kPropertyIdsEnd> make_table() {
  using enum PacketType;
  std::array<Row, kPropertyIdsEnd> t{};
  const auto row = [&t](PropertyId id) -> Row& { return t[static_cast<std::size_t>(id)]; };
  row(PropertyId::payload_format_indicator) = {Kind::flag, false, true, bits(publish, will)};
  row(PropertyId::message_expiry_interval) = {Kind::u32, false, true, bits(publish, will)};
  row(PropertyId::content_type) = {Kind::text, false, true, bits(publish, will)};
  row(PropertyId::response_topic) = {Kind::text, false, true, bits(publish, will)};
  row(PropertyId::correlation_data) = {Kind::binary, false, true, bits(publish, will)};
  // A PUBLISH names every subscription that matched; a SUBSCRIBE has one identifier, which the decoder checks.
  row(PropertyId::subscription_identifier) = {Kind::varint, true, false, bits(publish, subscribe)};
  row(PropertyId::session_expiry_interval) = {Kind::u32, false, true, bits(connect, connack, disconnect)};
  row(PropertyId::assigned_client_identifier) = {Kind::text, false, true, bits(connack)};
  row(PropertyId::server_keep_alive) = {Kind::u16, false, true, bits(connack)};
  row(PropertyId::authentication_method) = {Kind::text, false, true, bits(connect, connack, auth)};
  row(PropertyId::authentication_data) = {Kind::binary, false, true, bits(connect, connack, auth)};
  row(PropertyId::request_problem_information) = {Kind::flag, false, true, bits(connect)};
  row(PropertyId::will_delay_interval) = {Kind::u32, false, true, bits(will)};
  row(PropertyId::request_response_information) = {Kind::flag, false, true, bits(connect)};
  row(PropertyId::response_information) = {Kind::text, false, true, bits(connack)};
  row(PropertyId::server_reference) = {Kind::text, false, true, bits(connack, disconnect)};
  row(PropertyId::reason_string) = {Kind::text, false, true,
                                    bits(connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, disconnect, auth)};
  row(PropertyId::receive_maximum) = {Kind::u16, false, false, bits(connect, connack)};
  row(PropertyId::topic_alias_maximum) = {Kind::u16, false, true, bits(connect, connack)};
  row(PropertyId::topic_alias) = {Kind::u16, false, true, bits(publish)};
  row(PropertyId::maximum_qos) = {Kind::flag, false, true, bits(connack)};
  row(PropertyId::retain_available) = {Kind::flag, false, true, bits(connack)};
  row(PropertyId::user_property) = {Kind::pair, true, true,
                                    bits(connect, connack, publish, will, puback, pubrec, pubrel, pubcomp, subscribe,
                                         suback, unsubscribe, unsuback, disconnect, auth)};
  row(PropertyId::maximum_packet_size) = {Kind::u32, false, false, bits(connect, connack)};
  row(PropertyId::wildcard_subscription_available) = {Kind::flag, false, true, bits(connack)};
  row(PropertyId::subscription_identifier_available) = {Kind::flag, false, true, bits(connack)};
  row(PropertyId::shared_subscription_available) = {Kind::flag, false, true, bits(connack)};
  return t;
}
constexpr std::array<Row, kPropertyIdsEnd> kTable = make_table();

const Row& row_of(std::uint32_t id) noexcept {
  static constexpr Row kUnknown{};
  return id < kPropertyIdsEnd ? kTable[id] : kUnknown;
}

void read_value(Reader& reader, Kind kind, Property& out) noexcept {
  switch (kind) {
    case Kind::none: break;
    case Kind::flag: out.number = reader.u8(); break;
    case Kind::u16: out.number = reader.u16(); break;
    case Kind::u32: out.number = reader.u32(); break;
    case Kind::varint: out.number = reader.varint(); break;
    case Kind::text:
    case Kind::binary: out.text = reader.sized(); break;
    case Kind::pair:
      out.text = reader.sized();
      out.value = reader.sized();
      break;
  }
}

std::optional<Fault> check_value(const Row& row, const Property& property) noexcept {
  if (row.kind == Kind::flag && property.number > 1)
    return Fault{Reason::protocol_error, "property is neither 0 nor 1"};
  if (!row.zero_allowed && property.number == 0) return Fault{Reason::protocol_error, "property must not be 0"};
  const bool is_text = row.kind == Kind::text || row.kind == Kind::pair;
  if (is_text && !(valid_utf8(property.text) && valid_utf8(property.value)))
    return Fault{Reason::malformed_packet, "property is not valid UTF-8"};
  return std::nullopt;
}

}  // namespace

bool Properties::take(std::string_view& rest, Property& out) noexcept {
  if (rest.empty()) return false;
  Reader reader(rest);
  const std::uint32_t id = reader.varint();
  out = Property{static_cast<PropertyId>(id), 0, {}, {}};
  read_value(reader, row_of(id).kind, out);
  rest = reader.rest();
  return reader.ok();
}

std::optional<Property> Properties::find(PropertyId id) const noexcept {
  std::string_view rest = encoded_;
  Property property;
  while (take(rest, property))
    if (property.id == id) return property;
  return std::nullopt;
}

std::uint32_t Properties::number(PropertyId id, std::uint32_t otherwise) const noexcept {
  const auto property = find(id);
  return property ? property->number : otherwise;
}

std::string_view Properties::text(PropertyId id) const noexcept {
  const auto property = find(id);
  return property ? property->text : std::string_view{};
}

std::optional<Fault> check_properties(std::string_view encoded, PacketType owner) noexcept {
  std::uint64_t seen = 0;
  Reader reader(encoded);
  while (!reader.at_end()) {
    const std::uint32_t id = reader.varint();
    const Row& row = row_of(id);
    if (!reader.ok() || row.kind == Kind::none) return Fault{Reason::malformed_packet, "unknown property"};
    if ((row.owners & bits(owner)) == 0) return Fault{Reason::malformed_packet, "property not allowed in this packet"};
    if (!row.repeats && (seen >> id & 1u) != 0) return Fault{Reason::protocol_error, "property given twice"};
    seen |= std::uint64_t{1} << id;
    Property property{static_cast<PropertyId>(id), 0, {}, {}};
    read_value(reader, row.kind, property);
    if (!reader.ok()) return Fault{Reason::malformed_packet, "property cut short"};
    if (auto fault = check_value(row, property)) return fault;
  }
  return std::nullopt;
}

PropertyWriter& PropertyWriter::number(PropertyId id, std::uint32_t value) {
  put_u8(bytes_, static_cast<std::uint8_t>(id));
  switch (row_of(static_cast<std::uint32_t>(id)).kind) {
    case Kind::flag: put_u8(bytes_, static_cast<std::uint8_t>(value)); break;
    case Kind::u16: put_u16(bytes_, static_cast<std::uint16_t>(value)); break;
    case Kind::u32: put_u32(bytes_, value); break;
    case Kind::varint: put_varint(bytes_, value); break;
    default: assert(false && "not a number");
  }
  return *this;
}

PropertyWriter& PropertyWriter::text(PropertyId id, std::string_view value) {
  put_u8(bytes_, static_cast<std::uint8_t>(id));
  put_sized(bytes_, value);
  return *this;
}

PropertyWriter& PropertyWriter::user(std::string_view name, std::string_view value) {
  put_u8(bytes_, static_cast<std::uint8_t>(PropertyId::user_property));
  put_sized(bytes_, name);
  put_sized(bytes_, value);
  return *this;
}

}  // namespace tidegate::mqtt
