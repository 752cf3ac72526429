#pragma once

#include <cstdint>
#include <deque>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/broker/scripted_broker.h"

namespace tidegate::test {

/// The broker's half of a session: which messages are queued and open, and what the client answered. Bytes out, packets
/// in, no socket.
class BrokerSession {
 public:
  explicit BrokerSession(const BrokerScript& script) : script_(script) {}

  void queue(BrokerMessage message) { queued_.push_back({std::move(message), 0, 0}); }
  void start_load(BrokerLoad load);
  void stop_load() { load_.reset(); }
  /// Lets the load send as many events as its rate gives for this time.
  void pass(double seconds);

  /// A client connected: says whether the session was there, and what is open goes out again.
  bool connected(mqtt::Version version, std::uint16_t window, bool clean_start);
  void send_open_again(std::string& out);
  void disconnected();
  void forget();
  /// Messages go out once there was a SUBSCRIBE in this session.
  void subscribe() noexcept { subscribed_ = true; }
  [[nodiscard]] bool subscribed() const noexcept { return subscribed_; }
  /// Sends what the window and the room in `out` allow.
  void fill(std::string& out);
  /// PUBACK, PUBREC or PUBCOMP. Returns what is wrong with it, if anything.
  std::string acknowledge(const mqtt::Ack& ack, std::string& out);

  [[nodiscard]] std::size_t open() const noexcept { return open_.size(); }
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  [[nodiscard]] std::uint64_t acked() const noexcept { return acked_; }
  void flush_log() { log_.flush(); }

 private:
  struct Message {
    BrokerMessage message;
    std::uint32_t publisher = 0;  ///< of an event of the load
    std::uint64_t seq = 0;
  };
  struct Open {
    Message message;
    std::uint64_t order = 0;
    bool released = false;  ///< QoS 2: PUBREC came
  };

  std::optional<Message> next();
  std::optional<Message> next_of_load();
  void send(const Message& message, std::uint16_t packet_id, bool dup, std::string& out);
  std::uint16_t free_id();
  void note(std::string_view what, const Message& message);

  const BrokerScript& script_;
  bool exists_ = false;
  bool subscribed_ = false;
  mqtt::Version version_ = mqtt::Version::v5;
  std::size_t window_ = 0;
  std::deque<Message> queued_;
  std::map<std::uint16_t, Open> open_;
  std::uint16_t last_id_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
  std::optional<BrokerLoad> load_;
  double allowance_ = 0;
  std::uint64_t made_ = 0;
  std::ofstream log_;
};

}  // namespace tidegate::test
