#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connectors/mqtt/properties.h"
#include "connectors/mqtt/reason.h"

/// Packets of MQTT 5 and MQTT 3.1.1, both directions. Decoded packets are views into the bytes they were decoded from;
/// a packet to encode may point anywhere. Encoders take fields that fit the wire (strings up to 65,535 bytes).
namespace tidegate::mqtt {

/// The protocol level as CONNECT carries it.
enum class Version : std::uint8_t { v3_1_1 = 4, v5 = 5 };
std::string_view name_of(Version version) noexcept;

struct Will {
  std::uint8_t qos = 0;
  bool retain = false;
  Properties properties;
  std::string_view topic;
  std::string_view payload;
};

struct Connect {
  Version version = Version::v5;
  bool clean_start = false;  ///< Clean Session in 3.1.1
  std::uint16_t keep_alive_s = 0;
  Properties properties;
  std::string_view client_id;
  std::optional<Will> will;
  std::optional<std::string_view> user;
  std::optional<std::string_view> password;
};

struct Connack {
  bool session_present = false;
  Reason reason = Reason::success;
  Properties properties;
};

struct Publish {
  bool dup = false;
  std::uint8_t qos = 0;
  bool retain = false;
  std::string_view topic;       ///< empty when a topic alias stands for it
  std::uint16_t packet_id = 0;  ///< 0 at QoS 0
  Properties properties;
  std::string_view payload;
};

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
struct Ack {
  PacketType type = PacketType::puback;
  std::uint16_t packet_id = 0;
  Reason reason = Reason::success;
  Properties properties;
};

struct SubscribeFilter {
  std::string_view filter;
  std::uint8_t qos = 0;
  bool no_local = false;
  bool retain_as_published = false;
  std::uint8_t retain_handling = 0;
};

struct Subscribe {
  std::uint16_t packet_id = 0;
  Properties properties;
  std::vector<SubscribeFilter> filters;
};

struct Unsubscribe {
  std::uint16_t packet_id = 0;
  Properties properties;
  std::vector<std::string_view> filters;
};

/// SUBACK or UNSUBACK. One reason per filter, in the order they were asked; none in an UNSUBACK of 3.1.1.
struct SubscriptionAck {
  PacketType type = PacketType::suback;
  std::uint16_t packet_id = 0;
  Properties properties;
  std::string_view reasons;  ///< one byte each, as Reason numbers them
};

struct Pingreq {};
struct Pingresp {};

struct Disconnect {
  Reason reason = Reason::success;
  Properties properties;
};

struct Auth {
  Reason reason = Reason::success;
  Properties properties;
};

using Packet = std::variant<Publish, Ack, Pingreq, Pingresp, Connect, Connack, Subscribe, SubscriptionAck, Unsubscribe,
                            Disconnect, Auth>;

/// The first packet in a buffer, not yet decoded.
struct Frame {
  PacketType type = PacketType::will;
  std::uint8_t flags = 0;
  std::size_t header_size = 0;
  std::size_t size = 0;   ///< of the whole packet; 0 while its header is incomplete
  std::string_view body;  ///< as much of it as has arrived
};

enum class Framing : std::uint8_t { incomplete, complete, malformed };

/// Looks at the front of `buffer`. Check `frame.size` against the maximum packet size before waiting for the rest.
Framing next_frame(std::string_view buffer, Frame& frame) noexcept;

/// Decodes one whole frame. CONNECT carries its own version. `packet` is valid while the frame's bytes are, and only
/// when no fault is returned. *Source*: MQTT 5 and MQTT 3.1.1, chapters 2 and 3.
std::optional<Fault> decode(const Frame& frame, Version version, Packet& packet);

void encode(std::string& out, const Connect& packet);
void encode(std::string& out, Version version, const Connack& packet);
void encode(std::string& out, Version version, const Publish& packet);
void encode(std::string& out, Version version, const Ack& packet);
void encode(std::string& out, Version version, const Subscribe& packet);
void encode(std::string& out, Version version, const SubscriptionAck& packet);
void encode(std::string& out, Version version, const Unsubscribe& packet);
void encode(std::string& out, Version version, const Disconnect& packet);
void encode(std::string& out, const Auth& packet);
void encode(std::string& out, Pingreq packet);
void encode(std::string& out, Pingresp packet);

/// True for what a PUBLISH may carry as topic: not empty, valid UTF-8, no wildcard. *Source*: MQTT 5, section 4.7.
bool valid_topic_name(std::string_view topic) noexcept;
/// True for what may be subscribed to, `$share/<name>/<filter>` included. *Source*: MQTT 5, sections 4.7 and 4.8.2.
bool valid_topic_filter(std::string_view filter) noexcept;

}  // namespace tidegate::mqtt
