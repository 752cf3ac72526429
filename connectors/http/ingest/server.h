#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "connectors/connector.h"
#include "connectors/http/ingest/call.h"
#include "connectors/http/ingest/gatekeeper.h"
#include "connectors/http/ingest/options.h"
#include "connectors/net/receipt_box.h"
#include "connectors/net/repeats.h"
#include "gateway/base/uuid.h"
#include "gateway/net/acceptor.h"

namespace tidegate::ingest {

class Connection;
class Server;

using Ticket = std::uint64_t;

/// Bytes that a request holds of max_in_flight, from its first body byte until it is answered.
class Hold {
 public:
  Hold(std::shared_ptr<std::size_t> total, std::size_t max) : total_(std::move(total)), max_(max) {}
  ~Hold() { release(); }
  // NOLINTNEXTLINE(performance-move-constructor-init): `other` still releases, though nothing
  Hold(Hold&& other) noexcept : total_(other.total_), max_(other.max_), bytes_(std::exchange(other.bytes_, 0)) {}
  Hold& operator=(Hold&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  /// Holds that many in all; false, and nothing changes, when there is no room for them.
  bool set(std::size_t bytes) {
    if (*total_ - bytes_ + bytes > max_) return false;
    *total_ = *total_ - bytes_ + bytes;
    bytes_ = bytes;
    return true;
  }
  void release() noexcept { *total_ -= std::exchange(bytes_, 0); }

 private:
  std::shared_ptr<std::size_t> total_;
  std::size_t max_;
  std::size_t bytes_ = 0;
};

/// What answers requests: admits them, turns bodies into submissions and receipts into answers.
/// Held by shared_ptr, so that handlers of the network thread (which hold weak_ptr) can tell that it is gone.
/// *Threads*: the network thread only, except restore() before begin().
class Server : public std::enable_shared_from_this<Server> {
 public:
  Server(const ConnectorContext& context, SourceOptions options, Gatekeeper gatekeeper,
         std::shared_ptr<boost::asio::ssl::context> tls);

  /// *Blocks* on disk.
  Status restore(Intake& intake);
  void begin();
  void set_paused(bool paused);
  /// Calls `done` once everything is closed: when the receipts that are due were answered, or time is up.
  void end(std::function<void()> done);
  /// Receipts arrived.
  void collect();

  // For its connections.
  [[nodiscard]] const SourceOptions& options() const noexcept { return options_; }
  [[nodiscard]] const Clock& clock() const noexcept { return *context_.clock; }
  [[nodiscard]] bool is_stopping() const noexcept { return stopped_ != nullptr; }
  [[nodiscard]] Hold make_hold() const { return {in_flight_, options_.max_in_flight}; }
  /// Whether the request's body may come, and what it will mean.
  std::variant<Call, Refusal> admit_head(const RequestHead& head, std::optional<std::uint64_t> announced);
  /// Submits what the request brings; the connection is answered when the receipt comes, or at once when refused.
  void submit(const std::shared_ptr<Connection>& from, const Call& call, const RequestHead& head, std::string body,
              Hold hold);
  void count_answer(int status, std::string_view error);
  void forget(const std::shared_ptr<Connection>& connection);

 private:
  using Receipts = ReceiptBox<Server, std::pair<Ticket, Admission>>;
  /// A request that waits for its receipt.
  struct Pending {
    std::weak_ptr<Connection> from;
    std::string ids;  ///< the body of its answer
    Hold hold;
    std::optional<Repeats::Sifted> sifted;
  };

  void accept(StreamSocket socket, Acceptor::Place place);
  bool make_room();
  void tick();
  void arm();
  void name_events(const RequestHead& head, bool signed_request, std::vector<Event>& events);
  void answer(Pending pending, Admission admission);
  void close_all();

  const ConnectorContext& context_;
  const SourceOptions options_;
  const std::string default_topic_;
  const Gatekeeper gatekeeper_;
  const std::shared_ptr<boost::asio::ssl::context> tls_;
  const Log log_;
  Intake* intake_ = nullptr;
  UuidV7 ids_;
  Repeats repeats_;
  std::shared_ptr<Receipts> receipts_;
  std::vector<std::pair<Ticket, Admission>> collected_;
  std::unordered_map<Ticket, Pending> pending_;
  Ticket last_ticket_ = 0;
  const std::shared_ptr<std::size_t> in_flight_ = std::make_shared<std::size_t>(0);

  std::shared_ptr<Acceptor> acceptor_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  boost::asio::steady_timer tick_;
  bool paused_ = false;
  std::function<void()> stopped_;
  SteadyTime stop_by_{};
  SteadyTime complained_at_{};
  std::uint64_t complaints_ = 0;
  Counter& turned_away_;
  Counter& good_;
  Counter& client_errors_;
  Counter& server_errors_;
};

/// The body of a 202: `{"ids":["..."]}`.
std::string ids_json(const std::vector<Event>& events);

}  // namespace tidegate::ingest
