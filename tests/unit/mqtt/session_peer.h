#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "connectors/mqtt/session.h"
#include "tests/support/clock/virtual_clock.h"

namespace tidegate::mqtt {

inline SourceOptions options_for(std::uint16_t receive_maximum) {
  SourceOptions options;
  options.broker.host = "broker";
  options.subscribe = {{"a/#", 2}};
  options.receive_maximum = receive_maximum;
  return options;
}

/// A session with both its neighbours played by the test: the broker, and an intake that keeps source state.
class Peer {
 public:
  explicit Peer(std::uint16_t receive_maximum = 10, std::map<std::string, std::string> stored_state = {})
      : options(options_for(receive_maximum)), session(options, "client", clock), state(std::move(stored_state)) {
    session.restore({state.begin(), state.end()});
  }

  void connect(bool session_present, Version version = Version::v5) {
    session.disconnected();
    session.connected(version);
    EXPECT_THAT(sent(), ::testing::ElementsAre(::testing::HasSubstr("CONNECT")));
    std::string wire;
    encode(wire, version, Connack{session_present, Reason::success, {}});
    give(wire);
    const auto asked = sent();
    if (session.phase() != Session::Phase::subscribing) return;
    wire.clear();
    encode(wire, version, SubscriptionAck{PacketType::suback, 1, {}, std::string_view("\x02", 1)});
    give(wire);
    EXPECT_EQ(session.phase(), Session::Phase::open);
  }

  void give(const std::string& wire) {
    pending += wire;
    const std::size_t done = session.receive(pending);
    pending.erase(0, done);
    while (auto submission = session.take_submission()) waiting.push_back(std::move(*submission));
  }
  void publish(std::uint16_t id, const std::string& payload, std::uint8_t qos = 1, bool dup = false) {
    std::string wire;
    encode(wire, session.version(), Publish{dup, qos, false, "a/b", id, {}, payload});
    give(wire);
  }
  void release(std::uint16_t id) {
    std::string wire;
    encode(wire, session.version(), Ack{PacketType::pubrel, id, Reason::success, {}});
    give(wire);
  }
  void pingresp() {
    std::string wire;
    encode(wire, Pingresp{});
    give(wire);
  }

  /// The receipts of everything that waits.
  void commit(Admission admission = Admission::durable) {
    auto now = std::exchange(waiting, {});
    for (auto& [ticket, submission] : now) {
      if (admission == Admission::durable) {
        for (auto& change : submission.state) {
          if (change.erase)
            state.erase(change.key);
          else
            state[change.key] = change.value;
        }
        for (Event& event : submission.events) stored.push_back(event.data);
        repeats += submission.repeats;
      }
      session.settle(ticket, admission);
    }
    while (auto submission = session.take_submission()) waiting.push_back(std::move(*submission));
  }

  /// What the session sent since the last call, one text per packet.
  std::vector<std::string> sent() {
    std::string bytes;
    if (!session.take_output(bytes)) return {};
    std::vector<std::string> out;
    Frame frame;
    Packet packet;
    while (next_frame(bytes, frame) == Framing::complete) {
      EXPECT_FALSE(decode(frame, session.version(), packet));
      out.push_back(describe(packet));
      bytes.erase(0, frame.size);
    }
    return out;
  }

  static std::string describe(const Packet& packet) {
    if (const auto* ack = std::get_if<Ack>(&packet)) {
      static const char* kNames[] = {"PUBACK", "PUBREC", "PUBREL", "PUBCOMP"};
      std::string out = kNames[static_cast<int>(ack->type) - 4];
      out += " " + std::to_string(ack->packet_id);
      if (ack->reason != Reason::success) out += " " + std::string(name_of(ack->reason));
      return out;
    }
    if (const auto* bye = std::get_if<Disconnect>(&packet)) return "DISCONNECT " + std::string(name_of(bye->reason));
    if (std::holds_alternative<Pingreq>(packet)) return "PINGREQ";
    if (const auto* s = std::get_if<Subscribe>(&packet)) return "SUBSCRIBE " + std::string(s->filters[0].filter);
    if (const auto* u = std::get_if<Unsubscribe>(&packet)) return "UNSUBSCRIBE " + std::string(u->filters[0]);
    return std::holds_alternative<Connect>(packet) ? "CONNECT" : "?";
  }

  std::size_t state_with(std::string_view prefix) const {
    std::size_t n = 0;
    for (const auto& entry : state) n += entry.first.starts_with(prefix);
    return n;
  }

  tidegate::testing::VirtualClock clock;
  SourceOptions options;
  Session session;
  std::string pending;
  std::vector<std::pair<Ticket, Submission>> waiting;
  std::map<std::string, std::string> state;
  std::vector<std::string> stored;
  std::uint64_t repeats = 0;
};

}  // namespace tidegate::mqtt
