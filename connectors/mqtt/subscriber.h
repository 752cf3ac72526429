#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "connectors/mqtt/link.h"
#include "connectors/mqtt/options.h"
#include "connectors/mqtt/receive_buffer.h"
#include "connectors/mqtt/session.h"
#include "connectors/net/receipt_box.h"

namespace tidegate::mqtt {

/// Keeps a session with the broker going: connects, reconnects, feeds the session, submits, acknowledges.
/// Held by shared_ptr, so that handlers of the network thread (which hold weak_ptr) can tell that it is gone.
/// *Threads*: the network thread only, except restore() before begin().
class Subscriber : public std::enable_shared_from_this<Subscriber> {
 public:
  Subscriber(const ConnectorContext& context, SourceOptions options);

  /// *Blocks* on disk.
  Status restore(Intake& intake);
  void begin();
  void set_paused(bool paused);
  /// Calls `done` once everything is closed: when the receipts that are due were acknowledged, or time is up.
  void end(std::function<void()> done);
  /// Receipts arrived.
  void collect();

 private:
  using Receipts = ReceiptBox<Subscriber, std::pair<Ticket, Admission>>;
  enum class Stage : std::uint8_t { idle, connecting, online, waiting, stopping, closed };

  void connect();
  void opened(const Status& status);
  void read();
  void received(const Result<std::size_t>& size);
  void process();
  void submit();
  void flush();
  void written(const Status& status);
  void finish_if_ended();
  void lost(const std::string& why, HealthState state);
  void connection_ended();
  void wait_and_retry(const std::string& why, HealthState state);
  void report_phase();
  void report_refused();
  void arm(SteadyTime at);
  void on_timer();
  void watch_session();
  void goodbye_if_settled();
  void close_all();
  [[nodiscard]] bool may_read() const noexcept;
  [[nodiscard]] Version version_to_try() const noexcept;
  /// True: the broker may just be too old; tries again at once with MQTT 3.1.1.
  bool falls_back(bool told_so);

  const ConnectorContext& context_;
  const SourceOptions options_;
  const Log log_;
  Session session_;
  Intake* intake_ = nullptr;
  std::shared_ptr<Receipts> receipts_;
  std::vector<std::pair<Ticket, Admission>> collected_;

  Stage stage_ = Stage::idle;
  std::shared_ptr<Link> link_;
  ReceiveBuffer buffer_;
  std::string writing_;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool held_back_ = false;  ///< the buffer holds bytes read before a pause
  bool paused_ = false;
  Session::Phase reported_ = Session::Phase::offline;

  boost::asio::steady_timer timer_;
  SteadyTime armed_for_ = SteadyTime::max();
  std::function<void()> stopped_;
  bool said_goodbye_ = false;

  std::uint32_t attempts_ = 0;
  std::string last_trouble_;  ///< logged since the last connection
  SteadyTime accepted_at_{};
  bool broker_is_old_ = false;  ///< it said so
  bool try_old_once_ = false;   ///< it closed the connection on CONNECT, which old brokers do

  std::uint64_t reported_refused_ = 0;
  SteadyTime refused_logged_at_{};
  Counter& connections_;
  Counter& protocol_errors_;
  Counter& refused_messages_;
};

}  // namespace tidegate::mqtt
