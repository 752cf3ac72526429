#include "gateway/admin/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstring>
#include <future>
#include <optional>
#include <set>

#include "gateway/admin/limits.h"
#include "gateway/base/log.h"

namespace tidegate {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

using Protocol = asio::generic::stream_protocol;

class HttpAdminServer;

/// One client. Shared by its pending operations: the last of them to end frees it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Protocol::socket socket, HttpAdminServer& server) : stream_(std::move(socket)), server_(server) {}
  ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void read();
  void close();

 private:
  void on_read(error_code error);
  void handle();
  void write(AdminResponse answer);
  void end();

  boost::beast::basic_stream<Protocol> stream_;
  boost::beast::flat_buffer buffer_{limits::kAdminHeaderBytesMax + limits::kAdminRequestBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  bool keep_alive_ = false;
  HttpAdminServer& server_;
};

class HttpAdminServer final : public AdminServer {
 public:
  explicit HttpAdminServer(AdminServerSetup setup)
      : setup_(std::move(setup)), acceptor_(setup_.net), retry_(setup_.net), bound_(setup_.listen) {
    access_ = {setup_.listen.unix_socket, setup_.listen.host};
    if (!setup_.listen.unix_socket) bound_.port = 0;
  }
  ~HttpAdminServer() override = default;

  void start() override {
    asio::post(setup_.net, [this] { listen(); });
  }
  void stop() override;
  [[nodiscard]] AdminListen bound() const override {
    const MutexLock lock(mutex_);
    return bound_;
  }

  [[nodiscard]] const AdminServerSetup& setup() const { return setup_; }
  [[nodiscard]] const AdminAccess& access() const { return access_; }
  void forget(const std::shared_ptr<Connection>& connection) { connections_.erase(connection); }

 private:
  void listen();
  error_code bind();
  void retry_later(const error_code& error);
  void accept();
  void close_all();

  AdminServerSetup setup_;
  AdminAccess access_;
  const Log log_{"admin"};
  asio::basic_socket_acceptor<Protocol> acceptor_;
  asio::steady_timer retry_;
  std::set<std::shared_ptr<Connection>> connections_;  // network thread
  bool stopped_ = false;                               // network thread
  bool alarmed_ = false;                               // network thread
  mutable Mutex mutex_;
  AdminListen bound_ GUARDED_BY(mutex_);
};

void Connection::read() {
  parser_.emplace();
  parser_->header_limit(limits::kAdminHeaderBytesMax);
  parser_->body_limit(limits::kAdminRequestBytesMax);
  stream_.expires_after(limits::kAdminConnectionTimeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
}

void Connection::on_read(error_code error) {
  if (!error) {
    keep_alive_ = parser_->get().keep_alive();
    return handle();
  }
  keep_alive_ = false;
  if (error == http::error::body_limit) return write(error_response(413, "the body is too large"));
  if (error == http::error::header_limit) return write(error_response(431, "the header is too large"));
  const bool malformed = error.category() == http::make_error_code(http::error::bad_method).category();
  if (malformed && error != http::error::end_of_stream && error != http::error::partial_message)
    return write(error_response(400, "not an HTTP/1.1 request"));
  end();
}

void Connection::handle() {
  auto& message = parser_->get();
  AdminRequest request{std::string(message.method_string()),
                       std::string(message.target()),
                       std::string(message[http::field::host]),
                       std::string(message[http::field::origin]),
                       std::string(message[http::field::content_type]),
                       std::move(message.body())};
  if (!needs_disk(request)) return write(answer(request, server_.access(), server_.setup().backend));
  // The disk may take longer than a connection may idle; the answer, or the server's stop, ends the wait.
  stream_.expires_never();
  const AdminServerSetup& setup = server_.setup();
  const bool taken = setup.worker.post(
      [self = shared_from_this(), request = std::move(request), &access = server_.access(), &setup]() mutable {
        AdminResponse response = answer(request, access, setup.backend);
        asio::post(setup.net, [self = std::move(self), response = std::move(response)]() mutable {
          self->write(std::move(response));
        });
      });
  if (!taken) write(error_response(503, "too many calls wait for the disk; try again"));
}

void Connection::write(AdminResponse answer) {
  response_.emplace(static_cast<http::status>(answer.status), 11);
  response_->set(http::field::content_type, answer.content_type);
  response_->set(http::field::cache_control, "no-store");
  response_->set("X-Content-Type-Options", "nosniff");
  if (!answer.allow.empty()) response_->set(http::field::allow, answer.allow);
  response_->body() = std::move(answer.body);
  response_->keep_alive(keep_alive_);
  response_->prepare_payload();
  stream_.expires_after(limits::kAdminConnectionTimeout);
  http::async_write(stream_, *response_, [self = shared_from_this()](error_code error, std::size_t) {
    self->response_.reset();
    if (error || !self->keep_alive_) return self->end();
    self->read();
  });
}

void Connection::end() {
  error_code ignored;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  server_.forget(shared_from_this());
}

void Connection::close() {
  error_code ignored;
  stream_.socket().close(ignored);
}

void HttpAdminServer::listen() {
  if (stopped_) return;
  if (const error_code error = bind()) {
    error_code ignored;
    acceptor_.close(ignored);
    return retry_later(error);
  }
  const std::string address = bound().text();
  log_.info("listening on {}", address);
  setup_.health.post("admin", HealthState::ok, "listening on " + address);
  accept();
}

/// The socket file of a gateway that is gone is in the way; one that answers is somebody's.
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

error_code HttpAdminServer::bind() {
  error_code error;
  AdminListen at = setup_.listen;
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
  if (!at.unix_socket) {
    asio::ip::tcp::endpoint tcp;
    const Protocol::endpoint local = acceptor_.local_endpoint(error);
    if (error) return error;
    std::memcpy(tcp.data(), local.data(), local.size());
    at.port = tcp.port();
  }
  const MutexLock lock(mutex_);
  bound_ = at;
  return {};
}

void HttpAdminServer::retry_later(const error_code& error) {
  if (!alarmed_) {
    alarmed_ = true;
    log_.error("cannot listen on {}: {}; the gateway goes on without its admin API and tries again every {} s",
               setup_.listen.text(), error.message(), limits::kAdminBindRetry.count());
  }
  setup_.health.post("admin", HealthState::alarm, "cannot listen on " + setup_.listen.text() + ": " + error.message());
  retry_.expires_after(limits::kAdminBindRetry);
  retry_.async_wait([this](error_code cancelled) {
    if (!cancelled) listen();
  });
}

void HttpAdminServer::accept() {
  acceptor_.async_accept([this](error_code error, Protocol::socket socket) {
    if (error == asio::error::operation_aborted || stopped_) return;
    if (error) {
      // Out of descriptors, most likely: accepting again at once would spin.
      retry_.expires_after(limits::kAdminBindRetry);
      return retry_.async_wait([this](error_code cancelled) {
        if (!cancelled) accept();
      });
    }
    if (connections_.size() < limits::kAdminConnectionsMax) {
      auto connection = std::make_shared<Connection>(std::move(socket), *this);
      connections_.insert(connection);
      connection->read();
    }
    accept();
  });
}

void HttpAdminServer::stop() {
  std::packaged_task<void()> close([this] { close_all(); });
  const std::future<void> closed = close.get_future();
  asio::post(setup_.net, std::move(close));
  closed.wait();
}

void HttpAdminServer::close_all() {
  if (std::exchange(stopped_, true)) return;
  error_code ignored;
  if (setup_.listen.unix_socket && acceptor_.is_open()) unlink(setup_.listen.path.c_str());
  acceptor_.close(ignored);
  retry_.cancel();
  for (const auto& connection : connections_) connection->close();
  connections_.clear();
}

}  // namespace

std::unique_ptr<AdminServer> AdminServer::create(AdminServerSetup setup) {
  return std::make_unique<HttpAdminServer>(std::move(setup));
}

}  // namespace tidegate
