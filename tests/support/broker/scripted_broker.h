#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/mqtt/codec.h"
#include "gateway/base/clock.h"

namespace tidegate::test {

/// How the broker behaves; may be changed while it runs.
struct BrokerScript {
  bool old = false;              ///< answers MQTT 5 as a broker does that knows 3.1.1 only: CONNACK code 1
  bool closes_on_mqtt5 = false;  ///< answers MQTT 5 by closing, as some old brokers do
  mqtt::Reason connect_answer = mqtt::Reason::success;
  std::map<std::string, mqtt::Reason> refused_filters;
  bool answers_connect = true;
  bool answers_subscribe = true;
  bool answers_ping = true;
  std::uint16_t window_3_1_1 = 20;  ///< open messages when the client does not say (MQTT 3.1.1)
  bool lowest_ids = false;          ///< the lowest free packet id, instead of one after the other
  std::filesystem::path cert, key;  ///< set: TLS
  std::filesystem::path client_ca;  ///< set: the client must show a certificate of this authority
  std::string alpn;                 ///< set: the client must offer this protocol by ALPN

  // For a client that publishes.
  bool takes_publishes = false;
  bool answers_publish = true;                          ///< at QoS 1 and 2
  std::map<std::string, mqtt::Reason> publish_answers;  ///< by topic; others: success
  std::string connack_properties;                       ///< encoded, MQTT 5 only
};

/// A message to the subscriber.
struct BrokerMessage {
  std::string topic;
  std::string payload;
  std::uint8_t qos = 1;
  bool retain = false;
  std::string properties;  ///< encoded, MQTT 5 only
};

/// Load that the broker makes up itself: events as the publishers of the other tests send them.
struct BrokerLoad {
  std::uint32_t publishers = 2;  ///< numbered from 1; publisher p sends at QoS 1 when p is odd, else 2
  int qos = -1;                  ///< all of them at this QoS instead
  std::uint32_t keys = 4;        ///< of each publisher
  std::uint64_t count = 0;       ///< events in all; 0: until stopped
  double rate = 0;               ///< events per second; 0: as fast as the window allows
  std::size_t payload_bytes = 200;
  /// Written as it happens: `acked P S` when the event S of publisher P was acknowledged (PUBACK, PUBREC), `open P S`
  /// for each that was sent and not acknowledged when the connection broke.
  std::filesystem::path log;
};

/// A packet that came from the client.
struct SeenPacket {
  mqtt::PacketType type{};
  std::uint16_t packet_id = 0;
  mqtt::Reason reason = mqtt::Reason::success;
  std::uint32_t connection = 0;  ///< 1 for the first
  std::string text;              ///< CONNECT: client id; SUBSCRIBE, UNSUBSCRIBE: filters, with a space between them
  mqtt::Version version = mqtt::Version::v5;
  bool clean_start = false;
  // PUBLISH; the topic is in `text`.
  std::uint8_t qos = 0;
  bool retain = false;
  bool dup = false;
  std::string payload;
  std::string properties;  ///< encoded
};

/// A broker for one subscriber (or, when the script says so, one publisher), that does to it what a real one does only
/// by accident. It keeps the subscriber's session across connections, sends open messages again with DUP, and remembers
/// everything it was sent. Has a thread of its own. *Threads*: members are safe from any other.
class ScriptedBroker {
 public:
  /// Listens on 127.0.0.1; port 0: the kernel chooses.
  explicit ScriptedBroker(BrokerScript script = {}, std::uint16_t port = 0);
  ~ScriptedBroker();
  ScriptedBroker(const ScriptedBroker&) = delete;
  ScriptedBroker& operator=(const ScriptedBroker&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string uri() const;

  void change(const std::function<void(BrokerScript&)>& change);
  /// Queues a message for the session.
  void publish(BrokerMessage message);
  /// Sends bytes as they are.
  void send_raw(std::string bytes);
  /// Ends the connection with a reason, as MQTT 5 brokers do.
  void disconnect(mqtt::Reason reason);
  /// Breaks the connection; what is under way in it is lost.
  void drop();
  /// Forgets the session with its open and queued messages.
  void forget_session();
  /// Stops reading what the client sends (true), or goes on.
  void stall(bool stalled);

  void start_load(BrokerLoad load);
  /// No new events; what is open stays open.
  void stop_load();

  /// Waits until the condition holds; it is looked at after each thing that happens.
  bool wait(Deadline deadline, const std::function<bool()>& condition);

  [[nodiscard]] std::vector<SeenPacket> seen() const;
  [[nodiscard]] std::size_t count(mqtt::PacketType type) const;
  [[nodiscard]] bool subscribed() const;  ///< connected, and the session has a subscription
  [[nodiscard]] bool connected() const;
  [[nodiscard]] std::uint32_t connections() const;
  [[nodiscard]] std::size_t open_messages() const;    ///< sent, the exchange not finished
  [[nodiscard]] std::uint64_t sent_messages() const;  ///< PUBLISH packets, repeats included
  [[nodiscard]] std::uint64_t acked_messages() const;
  /// What the client did that MQTT forbids; empty when nothing.
  [[nodiscard]] std::string client_fault() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace tidegate::test
