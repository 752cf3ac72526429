#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connectors/mqtt_listener/channel.h"
#include "connectors/mqtt_listener/server_session.h"

namespace tidegate::mqtt_listener {

class Connection;

/// What a connection needs of the door it came through. *Threads*: the network thread only.
class Door {
 public:
  virtual ~Door() = default;
  /// False while nothing more is taken in: paused, or as much in flight as may be.
  [[nodiscard]] virtual bool may_read() const noexcept = 0;
  /// Calls go_on() in turn once may_read() holds again.
  virtual void hold(const std::shared_ptr<Connection>& connection) = 0;
  /// Calls on_time() at `at`, or somewhat later.
  virtual void wake_at(SteadyTime at) = 0;
  /// Where every connection's reads go: 2 * limits::kTurnBytes, for what is left of a packet and what is read.
  virtual std::span<char> scratch() noexcept = 0;
  /// Room for a packet that has arrived in part: `bytes` in place of `before`. False: there is none.
  virtual bool reserve(std::size_t bytes, std::size_t before) noexcept = 0;
  virtual void submit(Connection& connection, Ticket ticket, Submission submission) = 0;
  /// Bytes in flight went from `before` to `now`.
  virtual void account(std::size_t before, std::size_t now) noexcept = 0;
  /// A CONNECT came: answer it, now or later.
  virtual void decide(Connection& connection) = 0;
  virtual void count(const ServerSession::Refusals& refusals, const Connection& connection) = 0;
  /// The transport is closed. The connection stays known until settled().
  virtual void closed(Connection& connection) = 0;
  /// It is closed and its receipts have come.
  virtual void settled(const Connection& connection) = 0;
};

/// One client's connection: moves bytes between the channel and the session, one turn at a time.
/// Held by shared_ptr: the socket's handlers keep it until they have run.
/// *Threads*: the network thread only.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Door& door, SessionSetup& setup, std::uint64_t number, std::unique_ptr<Channel> channel,
             Acceptor::Place place);

  void begin() { go_on(); }
  /// Takes the next turn if nothing stands against it.
  void go_on();
  /// The door has answered the greeting, or a receipt has been settled: sends what is due.
  void after_change();
  void on_time(SteadyTime now);
  /// Says why, if the client listens, and closes; not at once when the client is slow to take it.
  void leave(SessionEnd::Kind kind, mqtt::Reason reason, std::string_view why);
  /// Closes without a word; what is due for the session is submitted, unless the gateway stops.
  void close(bool submit);
  /// go_on() when the door held it back.
  void release() {
    is_held_ = false;
    go_on();
  }

  /// Closes when the client is gone, which is not noticed while nothing is read. True: it was, and did.
  bool close_if_gone();

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] ServerSession& session() noexcept { return session_; }
  [[nodiscard]] const ServerSession& session() const noexcept { return session_; }
  [[nodiscard]] const Channel* channel() const noexcept { return channel_.get(); }
  [[nodiscard]] bool is_closed() const noexcept { return channel_ == nullptr; }
  [[nodiscard]] SteadyTime next_time() const noexcept;
  /// Why it ended, when the session does not know: the transport's reason.
  [[nodiscard]] const std::string& lost_because() const noexcept { return lost_because_; }

 private:
  void set_reading(bool reading);
  void take_turn();
  /// Feeds the session, in pieces that fit a submission; what is left over is kept.
  void feed(std::string_view bytes);
  void keep(std::string_view rest);
  void hand_over();
  void flush();
  void await_bytes(Channel::State what);
  void await_room(Channel::State what);
  void lost(std::string why);

  Door& door_;
  const Clock& clock_;
  const std::uint64_t number_;
  const std::size_t turn_bytes_;
  std::unique_ptr<Channel> channel_;  ///< null once closed
  std::optional<Acceptor::Place> place_;
  ServerSession session_;
  std::string partial_;         ///< what has arrived of a packet, or what is behind where the session stopped
  std::size_t reserved_ = 0;    ///< of the door's room for packets that arrived in part
  std::size_t accounted_ = 0;   ///< of what is in flight
  bool stopped_early_ = false;  ///< partial_ may hold whole packets
  bool is_reading_ = true;      ///< false: what arrives waits in the socket, for a reason of ours
  bool is_slowed_ = false;      ///< by the rate
  bool is_waiting_ = false;     ///< for bytes
  bool is_readable_ = false;
  bool is_writing_ = false;  ///< waits for the socket to take bytes
  bool is_held_ = false;
  SteadyTime partial_by_ = SteadyTime::max();
  SteadyTime written_by_ = SteadyTime::max();
  std::string lost_because_;
};

}  // namespace tidegate::mqtt_listener
