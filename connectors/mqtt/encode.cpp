#include "connectors/mqtt/codec.h"
#include "connectors/mqtt/wire.h"

namespace tidegate::mqtt {

namespace {

/// Writes the fixed header when it goes out of scope, once the length of the body is known.
class Body {
 public:
  Body(std::string& out, PacketType type, std::uint8_t flags) : out_(out), start_(out.size()) {
    put_u8(out_, static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags));
  }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  ~Body() {
    std::string length;
    put_varint(length, static_cast<std::uint32_t>(out_.size() - start_ - 1));
    out_.insert(start_ + 1, length);
  }

 private:
  std::string& out_;
  std::size_t start_;
};

void put_properties(std::string& out, const Properties& properties) {
  put_varint(out, static_cast<std::uint32_t>(properties.encoded().size()));
  out.append(properties.encoded());
}

std::uint8_t connack_code_3_1_1(Reason reason) noexcept {
  switch (reason) {
    case Reason::success: return 0;
    case Reason::unsupported_protocol_version: return 1;
    case Reason::client_identifier_not_valid: return 2;
    case Reason::bad_user_name_or_password: return 4;
    case Reason::not_authorized: return 5;
    default: return 3;
  }
}

}  // namespace

void encode(std::string& out, const Connect& packet) {
  const bool v5 = packet.version == Version::v5;
  const Body body(out, PacketType::connect, 0);
  put_sized(out, "MQTT");
  put_u8(out, static_cast<std::uint8_t>(packet.version));
  unsigned flags = packet.clean_start ? 0x02u : 0u;
  if (packet.will) flags |= 0x04u | static_cast<unsigned>(packet.will->qos) << 3 | (packet.will->retain ? 0x20u : 0u);
  if (packet.password) flags |= 0x40u;
  if (packet.user) flags |= 0x80u;
  put_u8(out, static_cast<std::uint8_t>(flags));
  put_u16(out, packet.keep_alive_s);
  if (v5) put_properties(out, packet.properties);
  put_sized(out, packet.client_id);
  if (packet.will) {
    if (v5) put_properties(out, packet.will->properties);
    put_sized(out, packet.will->topic);
    put_sized(out, packet.will->payload);
  }
  if (packet.user) put_sized(out, *packet.user);
  if (packet.password) put_sized(out, *packet.password);
}

void encode(std::string& out, Version version, const Connack& packet) {
  const Body body(out, PacketType::connack, 0);
  put_u8(out, packet.session_present ? 1 : 0);
  if (version == Version::v3_1_1) return put_u8(out, connack_code_3_1_1(packet.reason));
  put_u8(out, static_cast<std::uint8_t>(packet.reason));
  put_properties(out, packet.properties);
}

void encode(std::string& out, Version version, const Publish& packet) {
  // The length is computed first, so that a large payload is copied once.
  const std::size_t properties_size = packet.properties.encoded().size();
  std::size_t length = 2 + packet.topic.size() + (packet.qos > 0 ? 2 : 0) + packet.payload.size();
  if (version == Version::v5) length += varint_size(properties_size) + properties_size;
  out.reserve(out.size() + 5 + length);
  put_u8(out, static_cast<std::uint8_t>(0x30u | (packet.dup ? 0x08u : 0u) | static_cast<unsigned>(packet.qos) << 1 |
                                        (packet.retain ? 1u : 0u)));
  put_varint(out, static_cast<std::uint32_t>(length));
  put_sized(out, packet.topic);
  if (packet.qos > 0) put_u16(out, packet.packet_id);
  if (version == Version::v5) put_properties(out, packet.properties);
  out.append(packet.payload);
}

void encode(std::string& out, Version version, const Ack& packet) {
  const bool short_form = version == Version::v3_1_1 || (packet.reason == Reason::success && packet.properties.empty());
  const auto flags = static_cast<std::uint8_t>(packet.type == PacketType::pubrel ? 2 : 0);
  if (short_form) {
    const char bytes[] = {static_cast<char>(static_cast<unsigned>(packet.type) << 4 | flags), 2,
                          static_cast<char>(packet.packet_id >> 8), static_cast<char>(packet.packet_id & 0xFF)};
    out.append(bytes, sizeof bytes);
    return;
  }
  const Body body(out, packet.type, flags);
  put_u16(out, packet.packet_id);
  put_u8(out, static_cast<std::uint8_t>(packet.reason));
  if (!packet.properties.empty()) put_properties(out, packet.properties);
}

void encode(std::string& out, Version version, const Subscribe& packet) {
  const bool v5 = version == Version::v5;
  const Body body(out, PacketType::subscribe, 2);
  put_u16(out, packet.packet_id);
  if (v5) put_properties(out, packet.properties);
  for (const SubscribeFilter& f : packet.filters) {
    put_sized(out, f.filter);
    unsigned options = f.qos;
    if (v5)
      options |= (f.no_local ? 0x04u : 0u) | (f.retain_as_published ? 0x08u : 0u) |
                 static_cast<unsigned>(f.retain_handling) << 4;
    put_u8(out, static_cast<std::uint8_t>(options));
  }
}

void encode(std::string& out, Version version, const SubscriptionAck& packet) {
  const Body body(out, packet.type, 0);
  put_u16(out, packet.packet_id);
  if (version == Version::v5) put_properties(out, packet.properties);
  if (version == Version::v5 || packet.type == PacketType::suback) out.append(packet.reasons);
}

void encode(std::string& out, Version version, const Unsubscribe& packet) {
  const Body body(out, PacketType::unsubscribe, 2);
  put_u16(out, packet.packet_id);
  if (version == Version::v5) put_properties(out, packet.properties);
  for (const std::string_view filter : packet.filters) put_sized(out, filter);
}

void encode(std::string& out, Version version, const Disconnect& packet) {
  const Body body(out, PacketType::disconnect, 0);
  if (version == Version::v3_1_1 || (packet.reason == Reason::success && packet.properties.empty())) return;
  put_u8(out, static_cast<std::uint8_t>(packet.reason));
  if (!packet.properties.empty()) put_properties(out, packet.properties);
}

void encode(std::string& out, const Auth& packet) {
  const Body body(out, PacketType::auth, 0);
  if (packet.reason == Reason::success && packet.properties.empty()) return;
  put_u8(out, static_cast<std::uint8_t>(packet.reason));
  put_properties(out, packet.properties);
}

void encode(std::string& out, Pingreq) { out.append("\xC0\x00", 2); }
void encode(std::string& out, Pingresp) { out.append("\xD0\x00", 2); }

}  // namespace tidegate::mqtt
