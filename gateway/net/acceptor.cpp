#include "gateway/net/acceptor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include "gateway/net/limits.h"

namespace tidegate {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

using Protocol = asio::generic::stream_protocol;

/// The socket file of a process that is gone is in the way; one that answers is somebody's.
error_code remove_stale_socket(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return asio::error::address_in_use;
  asio::io_context scratch;
  asio::local::stream_protocol::socket probe(scratch);
  error_code answered;
  probe.connect(path, answered);
  if (!answered) return asio::error::address_in_use;
  unlink(path.c_str());
  return {};
}

/// Empty for anything but TCP.
std::optional<asio::ip::tcp::endpoint> tcp_endpoint(const Protocol::endpoint& endpoint) {
  if (endpoint.protocol().family() != AF_INET && endpoint.protocol().family() != AF_INET6) return std::nullopt;
  asio::ip::tcp::endpoint tcp;
  std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
  return tcp;
}

}  // namespace

std::shared_ptr<Acceptor> Acceptor::create(AcceptorSetup setup) {
  return std::shared_ptr<Acceptor>(new Acceptor(std::move(setup)));
}

Acceptor::Acceptor(AcceptorSetup setup)
    : setup_(std::move(setup)),
      log_(setup_.component),
      acceptor_(setup_.net),
      retry_(setup_.net),
      bound_(setup_.listen) {
  bound_.port = 0;
}

void Acceptor::open(Take take) {
  take_ = std::move(take);
  listen();
}

void Acceptor::close() noexcept {  // NOLINT(bugprone-exception-escape): no timer fails to cancel
  if (!take_) return;
  take_ = nullptr;
  if (setup_.listen.unix_socket && listening_) unlink(setup_.listen.path.c_str());
  listening_ = false;
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

void Acceptor::report_paused(bool paused) {
  paused_ = paused;
  report();
}

ListenAddress Acceptor::bound() const {
  const MutexLock lock(mutex_);
  return bound_;
}

void Acceptor::listen() {
  if (const error_code error = bind()) {
    error_code ignored;
    acceptor_.close(ignored);
    return retry_later(error);
  }
  listening_ = true;
  log_.info("listening on {}", bound().text());
  report();
  accept();
}

void Acceptor::report() {
  if (!listening_) return;
  const std::string at = "listening on " + bound().text();
  if (paused_)
    setup_.health.post(setup_.component, HealthState::paused, at + ", and taking no events until there is room again");
  else
    setup_.health.post(setup_.component, HealthState::ok, at);
}

error_code Acceptor::bind() {
  error_code error;
  ListenAddress at = setup_.listen;
  Protocol::endpoint endpoint;
  if (at.unix_socket) {
    if (const error_code taken = remove_stale_socket(at.path)) return taken;
    endpoint = asio::local::stream_protocol::endpoint(at.path);
  } else {
    endpoint = asio::ip::tcp::endpoint(asio::ip::make_address(at.host, error), at.port);
    if (error) return error;
  }
  if (acceptor_.open(endpoint.protocol(), error)) return error;
  if (!at.unix_socket) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (error || acceptor_.bind(endpoint, error)) return error;
  // Nobody can connect before listen(), so there is no moment with other permissions.
  if (at.unix_socket && chmod(at.path.c_str(), 0660) != 0) return {errno, boost::system::system_category()};
  if (acceptor_.listen(asio::socket_base::max_listen_connections, error)) return error;
  const Protocol::endpoint local = acceptor_.local_endpoint(error);
  if (error) return error;
  if (const auto tcp = tcp_endpoint(local)) at.port = tcp->port();
  const MutexLock lock(mutex_);
  bound_ = at;
  return {};
}

void Acceptor::retry_later(const error_code& error) {
  if (!alarmed_) {
    alarmed_ = true;
    log_.error("cannot listen on {}: {}; the gateway goes on without {} and tries again every {:g} s",
               setup_.listen.text(), error.message(), setup_.gone_without,
               std::chrono::duration<double>(setup_.bind_retry).count());
  }
  setup_.health.post(setup_.component, HealthState::alarm,
                     "cannot listen on " + setup_.listen.text() + ": " + error.message());
  retry_.expires_after(setup_.bind_retry);
  retry_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled && self->take_) self->listen();
  });
}

void Acceptor::accept() {
  acceptor_.async_accept([self = shared_from_this()](const error_code& error, StreamSocket socket) {
    self->accepted(error, std::move(socket));
  });
}

void Acceptor::accepted(const error_code& error, StreamSocket socket) {
  if (!take_) return;
  if (error) {
    retry_.expires_after(limits::kAcceptRetry);
    return retry_.async_wait([self = shared_from_this()](const error_code& cancelled) {
      if (!cancelled && self->take_) self->accept();
    });
  }
  const bool has_place = *taken_ < setup_.connections_max || (setup_.make_room && setup_.make_room());
  if (has_place) {
    error_code ignored;
    if (!setup_.listen.unix_socket) socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    take_(std::move(socket), Place(taken_));
  } else if (setup_.turned_away != nullptr) {
    setup_.turned_away->add();
  }
  accept();
}

Status try_address(const ListenAddress& address) {
  if (address.unix_socket) return {};
  asio::io_context scratch;
  asio::ip::tcp::acceptor acceptor(scratch);
  error_code error;
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address.host, error), address.port);
  if (!error) acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1, error);
  if (!error) return {};
  const bool taken = error == asio::error::address_in_use;
  return Error{ErrorCode::unavailable, "cannot listen on " + address.text() + ": " + error.message() +
                                           (taken ? "; fine when it is this gateway that runs already" : "")};
}

std::string peer_text(const StreamSocket& socket) {
  error_code error;
  const auto tcp = tcp_endpoint(socket.remote_endpoint(error));
  if (error || !tcp) return "unix";
  return ListenAddress{false, {}, tcp->address().to_string(), tcp->port()}.text();
}

}  // namespace tidegate
