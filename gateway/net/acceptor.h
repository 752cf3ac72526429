#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "gateway/base/health.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/base/mutex.h"
#include "gateway/base/result.h"
#include "gateway/net/limits.h"
#include "gateway/net/listen_address.h"

namespace tidegate {

/// TCP or a unix socket, as the address says.
using StreamSocket = boost::asio::generic::stream_protocol::socket;

/// What an acceptor is made of. References outlive it.
struct AcceptorSetup {
  ListenAddress listen;
  boost::asio::io_context& net;
  Health& health;
  std::string component;            ///< it logs and posts under this name: "source devices"
  std::string gone_without;         ///< what is missing while it can't listen: "this source"
  std::size_t connections_max = 1;  ///< open at once; one more is closed as soon as it is accepted
  /// May be empty. Asked when all places are taken: closes the connection that is missed least, and says whether that
  /// freed a place.
  std::function<bool()> make_room = {};
  Counter* turned_away = nullptr;  ///< may be null; counts connections closed for want of a place
  milliseconds bind_retry = limits::kBindRetry;
};

/// Listens, and hands over connections. A port that is taken is an alarm, not the end: binding is tried again until it
/// works. Held by shared_ptr, because the operations under way keep it; after close() it calls nobody any more.
/// *Threads*: the network thread only, except bound().
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  /// One of the connections_max places; a connection keeps it as long as it is open.
  class Place {
   public:
    explicit Place(std::shared_ptr<std::size_t> taken) : taken_(std::move(taken)) { ++*taken_; }
    ~Place() {
      if (taken_) --*taken_;
    }
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    std::shared_ptr<std::size_t> taken_;
  };
  using Take = std::function<void(StreamSocket socket, Place place)>;

  static std::shared_ptr<Acceptor> create(AcceptorSetup setup);

  /// Binds, now or as soon as the address is free; `take` gets every connection, and does not call close().
  void open(Take take);
  /// Frees the address. Idempotent.
  void close() noexcept;
  /// While true, Health says `paused` where it would say `ok`.
  void report_paused(bool paused);
  /// Where it listens: the port that the kernel chose for port 0; port 0 while it is not listening. *Threads*: any.
  [[nodiscard]] ListenAddress bound() const EXCLUDES(mutex_);

 private:
  explicit Acceptor(AcceptorSetup setup);
  void listen();
  boost::system::error_code bind();
  void retry_later(const boost::system::error_code& error);
  void accept();
  void accepted(const boost::system::error_code& error, StreamSocket socket);
  void report();

  AcceptorSetup setup_;
  const Log log_;
  boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol> acceptor_;
  boost::asio::steady_timer retry_;
  Take take_;  ///< empty once closed
  const std::shared_ptr<std::size_t> taken_ = std::make_shared<std::size_t>(0);
  bool listening_ = false;
  bool paused_ = false;
  bool alarmed_ = false;
  mutable Mutex mutex_;
  ListenAddress bound_ GUARDED_BY(mutex_);
};

/// Tries to listen there, and lets the address go again: for `tidegate check --connect`. A unix socket is not tried:
/// its file may be in use. *Errors*: unavailable, in one sentence.
Status try_address(const ListenAddress& address);

/// Who is at the other end, for logs: "192.0.2.7:51234", "[2001:db8::7]:51234" or "unix".
std::string peer_text(const StreamSocket& socket);

}  // namespace tidegate
