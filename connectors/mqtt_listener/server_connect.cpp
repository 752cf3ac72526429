#include <fmt/format.h>

#include <algorithm>

#include "connectors/mqtt/message.h"
#include "connectors/mqtt_listener/limits.h"
#include "connectors/mqtt_listener/server_session.h"

/// How a server session begins: CONNECT, and the answer to it.
namespace tidegate::mqtt_listener {

using mqtt::PropertyId;
using mqtt::Reason;
using mqtt::Version;

namespace {

/// The level of a CONNECT that may be malformed behind it; 0: not there.
std::uint8_t protocol_level(std::string_view body) noexcept {
  if (body.size() < 2) return 0;
  const std::size_t at =
      2 + (static_cast<std::size_t>(static_cast<std::uint8_t>(body[0])) << 8) + static_cast<std::uint8_t>(body[1]);
  return at < body.size() ? static_cast<std::uint8_t>(body[at]) : std::uint8_t{0};
}

std::chrono::seconds session_expiry(const mqtt::Connect& connect, std::chrono::seconds max) noexcept {
  if (connect.version == Version::v3_1_1) return connect.clean_start ? std::chrono::seconds{0} : max;
  return std::min(std::chrono::seconds{connect.properties.number(PropertyId::session_expiry_interval, 0)}, max);
}

/// The CONNECT that `bytes` hold, decoded once already.
const mqtt::Connect* read_connect(std::string_view bytes, mqtt::Frame& frame, mqtt::Packet& packet) {
  if (mqtt::next_frame(bytes, frame) != mqtt::Framing::complete) return nullptr;
  if (mqtt::decode(frame, Version::v5, packet)) return nullptr;
  return std::get_if<mqtt::Connect>(&packet);
}

}  // namespace

void ServerSession::on_connect(const mqtt::Frame& frame) {
  if (frame.type != mqtt::PacketType::connect)
    return fail({Reason::protocol_error, "the first packet is no CONNECT"});  // [MQTT-3.1.0-1]
  mqtt::Packet packet;
  if (const auto fault = mqtt::decode(frame, Version::v5, packet)) {
    // Who speaks another version, or MQTT 5, understands an answer [MQTT-3.1.2-2], [MQTT-3.1.4-1]; noise gets none.
    const std::uint8_t level = protocol_level(frame.body);
    version_ = level == static_cast<std::uint8_t>(Version::v5) ? Version::v5 : Version::v3_1_1;
    if (level != 0 && level != static_cast<std::uint8_t>(Version::v3_1_1))
      send(mqtt::Connack{false, fault->reason, {}});
    return fail(*fault);
  }
  const auto& connect = std::get<mqtt::Connect>(packet);
  version_ = connect.version;
  client_packet_max_ = connect.properties.number(PropertyId::maximum_packet_size, UINT32_MAX);
  wants_reasons_ = connect.properties.number(PropertyId::request_problem_information, 1) == 1;
  if (client_packet_max_ == 0) return turn_away(Reason::protocol_error, "a maximum packet size of 0");
  if (connect.properties.number(PropertyId::receive_maximum, 1) == 0)
    return turn_away(Reason::protocol_error, "a receive maximum of 0");
  greeting_ = std::make_unique<Greeting>();
  greeting_->version = connect.version;
  greeting_->clean_start = connect.clean_start;
  greeting_->wants_enhanced_authentication = connect.properties.find(PropertyId::authentication_method).has_value();
  greeting_->client_id = connect.client_id;
  if (connect.user) greeting_->user = std::string(*connect.user);
  if (connect.password) greeting_->password = Secret(std::string(*connect.password));
  connect_.assign(frame.body.data() - frame.header_size, frame.size);
  phase_ = Phase::greeting;
}

bool ServerSession::accept(Guest guest) {
  mqtt::Frame frame;
  mqtt::Packet packet;
  const mqtt::Connect* connect = read_connect(connect_, frame, packet);
  if (!greeting_ || connect == nullptr) return false;
  guest_ = std::move(guest);
  if (names_are_ambiguous(setup_.options.acl, guest_)) {
    turn_away(Reason::client_identifier_not_valid,
              "the acl uses %c or %u, so a client id or user name must not be empty or contain / + #");
    return false;
  }
  own_attributes_.emplace_back("clientid", guest_.client_id);
  if (guest_.user) own_attributes_.emplace_back("user", *guest_.user);
  return !connect->will || take_will(*connect->will);
}

void ServerSession::welcome() {
  mqtt::Frame frame;
  mqtt::Packet packet;
  const mqtt::Connect* connect_packet = read_connect(connect_, frame, packet);
  if (!greeting_ || connect_packet == nullptr) return;
  const mqtt::Connect& connect = *connect_packet;
  SessionBook::Begun begun = setup_.book.begin(guest_.client_id, connect.clean_start,
                                               session_expiry(connect, setup_.options.session_expiry_max), connection_,
                                               setup_.clock.steady(), filling_.state);
  if (begun.will) add_event(std::move(*begun.will));
  if (!begun.session) {
    will_.reset();
    return turn_away(Reason::quota_exceeded, "max_sessions sessions are kept already");
  }
  client_ = std::move(begun.session);
  announce(connect, begun.present);
  phase_ = Phase::open;
  last_received_ = setup_.clock.steady();
  greeting_.reset();
  connect_ = {};
}

bool ServerSession::take_will(const mqtt::Will& will) {
  if (!may_publish(setup_.options.acl, guest_, will.topic)) {
    turn_away(Reason::not_authorized, "the acl does not let it publish to the topic of its will");
    return false;
  }
  auto attributes = own_attributes_;
  attributes.emplace_back("will", "true");
  const mqtt::Publish message{false, will.qos, will.retain, will.topic, 0, will.properties, will.payload};
  Result<Event> event = mqtt::make_event(message, will.topic, WallTime{}, attributes);
  if (!event) {
    turn_away(Reason::quota_exceeded, "its will breaks a limit of events");
    return false;
  }
  const std::size_t bytes = mqtt::memory_bytes(*event);
  if (*setup_.will_bytes + bytes > limits::kWillBytesMax) {
    turn_away(Reason::quota_exceeded, "the wills of all clients take too much memory");
    return false;
  }
  const std::chrono::seconds delay{will.properties.number(PropertyId::will_delay_interval, 0)};
  will_ = std::make_unique<LastWill>(std::move(*event), delay, bytes, setup_.will_bytes);
  return true;
}

void ServerSession::announce(const mqtt::Connect& connect, bool session_present) {
  const ListenerOptions& options = setup_.options;
  keep_alive_ = std::chrono::seconds{connect.keep_alive_s};
  mqtt::PropertyWriter properties;
  if (version_ == Version::v5) {
    if (client_->expiry.count() != connect.properties.number(PropertyId::session_expiry_interval, 0))
      properties.number(PropertyId::session_expiry_interval, static_cast<std::uint32_t>(client_->expiry.count()));
    if (keep_alive_.count() == 0 || keep_alive_ > options.keep_alive_max) {
      keep_alive_ = options.keep_alive_max;
      properties.number(PropertyId::server_keep_alive, static_cast<std::uint32_t>(keep_alive_.count()));
    }
    if (connect.client_id.empty()) properties.text(PropertyId::assigned_client_identifier, guest_.client_id);
    properties.number(PropertyId::receive_maximum, options.receive_maximum)
        .number(PropertyId::maximum_packet_size, static_cast<std::uint32_t>(options.max_packet_bytes))
        .number(PropertyId::topic_alias_maximum, options.topic_alias_maximum)
        .number(PropertyId::wildcard_subscription_available, 0)
        .number(PropertyId::subscription_identifier_available, 0)
        .number(PropertyId::shared_subscription_available, 0);
  }
  encode(connack_, version_, mqtt::Connack{session_present, Reason::success, properties.view()});
  if (connack_.size() > client_packet_max_) {
    connack_.clear();
    return fail({Reason::packet_too_large, "its maximum packet size does not let the CONNACK through"});
  }
  // A session that is to be kept is acknowledged when it is on disk.
  answers_.insert(answers_.begin(), {mqtt::PacketType::connack, Reason::success, 0, false, false});
}

void ServerSession::turn_away(Reason reason, std::string_view why) {
  greeting_.reset();
  connect_ = {};
  const std::size_t before = output_.size();
  encode(output_, version_, mqtt::Connack{false, reason, {}});
  if (output_.size() - before > client_packet_max_) output_.resize(before);
  phase_ = Phase::connecting;
  end(SessionEnd::Kind::refused, reason, fmt::format("{} ({})", why, name_of(reason)));
}

}  // namespace tidegate::mqtt_listener
