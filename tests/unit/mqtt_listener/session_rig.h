#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/mqtt_listener/server_session.h"
#include "tests/support/clock/virtual_clock.h"

namespace tidegate::mqtt_listener {

using mqtt::Ack;
using mqtt::PacketType;
using mqtt::PropertyId;
using mqtt::PropertyWriter;
using mqtt::Publish;
using mqtt::Reason;
using mqtt::Version;

/// One packet as a text: "PUBACK 7", "CONNACK present", "DISCONNECT keep alive timeout".
inline std::string describe(const mqtt::Packet& packet) {
  const auto with_reason = [](std::string text, Reason reason) {
    return reason == Reason::success ? text : text + " " + std::string(name_of(reason));
  };
  if (const auto* ack = std::get_if<Ack>(&packet)) {
    static const char* kNames[] = {"PUBACK", "PUBREC", "PUBREL", "PUBCOMP"};
    return with_reason(kNames[static_cast<int>(ack->type) - 4] + (" " + std::to_string(ack->packet_id)), ack->reason);
  }
  if (const auto* bye = std::get_if<mqtt::Disconnect>(&packet)) return with_reason("DISCONNECT", bye->reason);
  if (const auto* connack = std::get_if<mqtt::Connack>(&packet))
    return with_reason(connack->session_present ? "CONNACK present" : "CONNACK", connack->reason);
  if (const auto* ack = std::get_if<mqtt::SubscriptionAck>(&packet)) {
    std::string out = ack->type == PacketType::suback ? "SUBACK" : "UNSUBACK";
    for (const char reason : ack->reasons) out += ", " + std::string(name_of(static_cast<Reason>(reason)));
    return out;
  }
  return std::holds_alternative<mqtt::Pingresp>(packet) ? "PINGRESP" : "?";
}

/// The gateway's side that all clients share: options, clock, sessions, and an intake that commits when it is told to.
class Gateway {
 public:
  Gateway() { options.allow_anonymous = true; }

  /// As a start after a crash: what was committed is there, and nothing else.
  void restart() {
    waiting.clear();
    book = std::make_unique<SessionBook>(options.max_sessions);
    book->restore({state.begin(), state.end()}, clock.wall(), clock.steady());
    setup = std::make_unique<SessionSetup>(SessionSetup{options, clock, *book});
  }
  std::uint64_t next_connection() { return ++connections; }

  void expire() {
    Submission submission;
    submission.events = book->expire(clock.steady(), submission.state);
    store(submission);
  }
  void store(const Submission& submission) {
    for (const auto& change : submission.state) {
      if (change.erase)
        state.erase(change.key);
      else
        state[change.key] = change.value;
    }
    for (const Event& event : submission.events) stored.push_back(event);
    repeats += submission.repeats;
  }
  /// The receipts of everything that waits, in order.
  void commit(Admission admission = Admission::durable) {
    auto now = std::exchange(waiting, {});
    for (auto& [session, ticket, submission] : now) {
      if (admission == Admission::durable) store(submission);
      session->settle(ticket, admission);
    }
  }
  [[nodiscard]] std::vector<std::string> payloads() const {
    std::vector<std::string> out;
    for (const Event& event : stored) out.push_back(event.data);
    return out;
  }

  struct Waiting {
    std::shared_ptr<ServerSession> session;
    Ticket ticket;
    Submission submission;
  };
  ListenerOptions options;
  testing::VirtualClock clock;
  std::map<std::string, std::string> state;
  std::unique_ptr<SessionBook> book = std::make_unique<SessionBook>(options.max_sessions);
  std::unique_ptr<SessionSetup> setup = std::make_unique<SessionSetup>(SessionSetup{options, clock, *book});
  std::deque<Waiting> waiting;
  std::vector<Event> stored;
  std::uint64_t repeats = 0;
  std::uint64_t connections = 0;
};

/// What a client says in its CONNECT.
struct Hello {
  std::string client_id = "pump";
  Version version = Version::v5;
  bool clean = true;
  std::uint16_t keep_alive = 60;
  std::uint32_t expiry = 0;
  std::uint32_t packet_max = 0;
  std::optional<mqtt::Will> will = {};
};

/// One connection, its client played by the test.
class Client {
 public:
  explicit Client(Gateway& its_gateway)
      : gateway(its_gateway), session(std::make_shared<ServerSession>(*gateway.setup, gateway.next_connection())) {}

  /// CONNECT, and the listener's yes. The answer is in sent().
  void connect(const Hello& hello = {}) {
    version = hello.version;
    PropertyWriter properties;
    if (hello.expiry > 0) properties.number(PropertyId::session_expiry_interval, hello.expiry);
    if (hello.packet_max > 0) properties.number(PropertyId::maximum_packet_size, hello.packet_max);
    mqtt::Connect connect;
    connect.version = hello.version;
    connect.clean_start = hello.clean;
    connect.keep_alive_s = hello.keep_alive;
    connect.properties = properties.view();
    connect.client_id = hello.client_id;
    connect.will = hello.will;
    std::string wire;
    encode(wire, connect);
    give(wire);
  }
  /// As connect(), with everything committed and CONNACK taken off.
  void open(const Hello& hello = {}) {
    connect(hello);
    gateway.commit();
    EXPECT_THAT(sent(), ::testing::ElementsAre(::testing::StartsWith("CONNACK")));
    EXPECT_TRUE(session->is_open());
  }
  void give(const std::string& wire) {
    pending += wire;
    for (;;) {
      const std::size_t done = session->receive(pending);
      pending.erase(0, done);
      if (const Greeting* greeting = session->greeting()) {
        if (session->accept({greeting->client_id.empty() ? "made-up" : greeting->client_id, user})) session->welcome();
      }
      hand_over();
      if (done == 0) return;
    }
  }
  template <class AnyPacket>
  void give_packet(const AnyPacket& packet) {
    std::string wire;
    encode(wire, version, packet);
    give(wire);
  }
  void publish(std::uint16_t id, const std::string& payload, std::uint8_t qos = 1, bool dup = false,
               const std::string& topic = "a/b") {
    give_packet(Publish{dup, qos, false, topic, id, {}, payload});
  }
  void release(std::uint16_t id) { give_packet(Ack{PacketType::pubrel, id, Reason::success, {}}); }
  void say_goodbye(Reason reason = Reason::success) { give_packet(mqtt::Disconnect{reason, {}}); }
  void vanish() {
    session->disconnected();
    hand_over();
  }
  void hand_over() {
    while (auto next = session->take_submission())
      gateway.waiting.push_back({session, next->first, std::move(next->second)});
  }

  /// What the listener sent since the last call, one text per packet.
  std::vector<std::string> sent() {
    std::string bytes(session->output());
    session->sent(bytes.size());
    std::vector<std::string> out;
    mqtt::Frame frame;
    while (mqtt::next_frame(bytes, frame) == mqtt::Framing::complete) {
      mqtt::Packet packet;
      EXPECT_FALSE(mqtt::decode(frame, version, packet));
      out.push_back(describe(packet));
      if (const auto* connack = std::get_if<mqtt::Connack>(&packet))
        connack_properties = std::string(connack->properties.encoded());
      bytes.erase(0, frame.size);
    }
    EXPECT_TRUE(bytes.empty());
    return out;
  }
  [[nodiscard]] std::optional<SessionEnd::Kind> ended() const {
    return session->ended() ? std::optional(session->ended()->kind) : std::nullopt;
  }

  Gateway& gateway;
  std::shared_ptr<ServerSession> session;
  Version version = Version::v5;
  std::optional<std::string> user;
  std::string pending;
  std::string connack_properties;
};

}  // namespace tidegate::mqtt_listener
