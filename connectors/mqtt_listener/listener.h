#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/connector.h"
#include "connectors/mqtt_listener/connection.h"
#include "connectors/mqtt_listener/users.h"
#include "connectors/net/receipt_box.h"
#include "gateway/net/acceptor.h"

namespace tidegate::mqtt_listener {

/// The receipt of a submission of one of the connections.
struct ReceiptItem {
  std::uint64_t connection = 0;
  Ticket ticket = 0;
  Admission admission = Admission::durable;
};

/// Lines that clients cause: so many in an interval, and then how many were left out.
class QuietLog {
 public:
  QuietLog(const Log& log, const Clock& clock) : log_(log), clock_(clock) {}
  void warn(const std::string& line);

 private:
  const Log& log_;
  const Clock& clock_;
  SteadyTime since_{};
  std::size_t lines_ = 0;
  std::uint64_t left_out_ = 0;
};

/// All connections of one listening address, and what they share: who may come in, sessions by client id, memory,
/// receipts, time. Held by shared_ptr, so that handlers of the network thread can tell that it is gone.
/// *Threads*: the network thread only, except restore() before begin().
class Listener final : public Door, public std::enable_shared_from_this<Listener> {
 public:
  Listener(const ConnectorContext& context, ListenerOptions options);

  [[nodiscard]] const ListenerOptions& options() const noexcept { return options_; }
  /// Reads the files and takes over what an earlier run stored. *Blocks* on disk.
  Status restore(Intake& intake);
  void begin();
  void set_paused(bool paused);
  /// Calls `done` once everything is closed: when the receipts that are due were acknowledged, or time is up.
  void end(std::function<void()> done);
  /// Receipts arrived.
  void collect();

  [[nodiscard]] bool may_read() const noexcept override;
  void hold(const std::shared_ptr<Connection>& connection) override;
  void wake_at(SteadyTime at) override;
  std::span<char> scratch() noexcept override { return scratch_; }
  bool reserve(std::size_t bytes, std::size_t before) noexcept override;
  void submit(Connection& connection, Ticket ticket, Submission submission) override;
  void account(std::size_t before, std::size_t now) noexcept override;
  void decide(Connection& connection) override;
  void count(const ServerSession::Refusals& refusals, const Connection& connection) override;
  void closed(Connection& connection) override;
  void settled(const Connection& connection) override;

 private:
  using Receipts = ReceiptBox<Listener, ReceiptItem>;
  enum class Stage : std::uint8_t { idle, open, stopping, closed };
  enum class Verdict : std::uint8_t { admitted, refused, later };

  void accept(StreamSocket socket, Acceptor::Place place);
  /// In a pause clients give up and connect again, and each would take another place. True: one is free now.
  bool make_room();
  /// Finds out who a greeting is from, and puts the user in `guest`. `refused`: the session was told so.
  Verdict identify(Connection& connection, Guest& guest);
  Verdict check_password(Connection& connection, Guest& guest);
  /// False: the client id cannot be used, and the session was told so.
  bool choose_client_id(Connection& connection, Guest& guest);
  void take_over(const std::string& client_id);
  void decide_waiting();
  void report_end(const Connection& connection);
  void resume_held();
  void arm(SteadyTime at);
  void on_timer();
  SteadyTime sweep(SteadyTime now);
  void expire_sessions(SteadyTime now);
  void admit(std::uint64_t connection, Ticket ticket, Submission submission);
  void goodbye_if_settled();
  void say_goodbye();
  void close_all();

  const ConnectorContext& context_;
  const ListenerOptions options_;
  const Log log_;
  QuietLog quiet_;
  SessionBook book_;
  SessionSetup setup_;
  std::optional<Users> users_;
  TokenBucket password_rounds_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  std::shared_ptr<Acceptor> acceptor_;
  Intake* intake_ = nullptr;
  std::shared_ptr<Receipts> receipts_;
  std::vector<ReceiptItem> collected_;

  Stage stage_ = Stage::idle;
  bool paused_ = false;
  /// By number; closed ones stay until their receipts have come.
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::uint64_t next_number_ = 1;
  std::size_t open_ = 0;
  std::size_t unsettled_ = 0;                        ///< submissions whose receipt is still to come
  std::deque<std::weak_ptr<Connection>> held_;       ///< wait for may_read()
  std::deque<std::weak_ptr<Connection>> undecided_;  ///< wait for password_rounds_
  std::vector<char> scratch_;
  std::size_t in_flight_ = 0;
  std::size_t reserved_ = 0;

  boost::asio::steady_timer timer_;
  SteadyTime armed_for_ = SteadyTime::max();
  SteadyTime stop_by_ = SteadyTime::max();
  bool said_goodbye_ = false;
  std::function<void()> stopped_;

  Gauge& connections_open_;
  Counter& connections_total_;
  Counter& turned_away_;
  Counter& protocol_errors_;
  Counter& not_permitted_;
  Counter& over_limit_;
  Counter& subscriptions_;
};

}  // namespace tidegate::mqtt_listener
