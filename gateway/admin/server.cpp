#include "gateway/admin/server.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <optional>
#include <set>

#include "gateway/admin/limits.h"
#include "gateway/net/acceptor.h"

namespace tidegate {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

class HttpAdminServer;

/// One client. Shared by its pending operations: the last of them to end frees it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(StreamSocket socket, Acceptor::Place place, HttpAdminServer& server)
      : place_(std::move(place)), stream_(std::move(socket)), server_(server) {}
  ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void read();
  void close();

 private:
  void on_header(error_code error);
  void on_read(error_code error);
  void handle();
  void write(AdminResponse answer);
  void end();

  const Acceptor::Place place_;
  boost::beast::basic_stream<asio::generic::stream_protocol> stream_;
  boost::beast::flat_buffer buffer_{limits::kAdminHeaderBytesMax + limits::kAdminRequestBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  bool keep_alive_ = false;
  HttpAdminServer& server_;
};

class HttpAdminServer final : public AdminServer {
 public:
  explicit HttpAdminServer(AdminServerSetup setup)
      : setup_(std::move(setup)),
        access_{setup_.listen.unix_socket, setup_.listen.host},
        acceptor_(Acceptor::create({.listen = setup_.listen,
                                    .net = setup_.net,
                                    .health = setup_.health,
                                    .component = "admin",
                                    .gone_without = "its admin API",
                                    .connections_max = limits::kAdminConnectionsMax})) {}
  ~HttpAdminServer() override = default;

  void start() override {
    asio::post(setup_.net, [this] { open(); });
  }
  void stop() override;
  [[nodiscard]] ListenAddress bound() const override { return acceptor_->bound(); }

  [[nodiscard]] const AdminServerSetup& setup() const { return setup_; }
  [[nodiscard]] const AdminAccess& access() const { return access_; }
  void forget(const std::shared_ptr<Connection>& connection) { connections_.erase(connection); }

 private:
  void open();
  void close_all();

  AdminServerSetup setup_;
  AdminAccess access_;
  const std::shared_ptr<Acceptor> acceptor_;
  std::set<std::shared_ptr<Connection>> connections_;  // network thread
  bool stopped_ = false;                               // network thread
};

void Connection::read() {
  parser_.emplace();
  parser_->header_limit(limits::kAdminHeaderBytesMax);
  parser_->body_limit(limits::kAdminRequestBytesMax);
  stream_.expires_after(limits::kAdminConnectionTimeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](error_code error, std::size_t) { self->on_header(error); });
}

void Connection::on_header(error_code error) {
  if (error) return on_read(error);
  // Boost.Beast 1.81 ends the process over some chunked bodies (docs/decisions/0012-http-ingest.md).
  if (parser_->chunked()) {
    keep_alive_ = false;
    return write(error_response(411, "send the body with a Content-Length"));
  }
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code failed, std::size_t) { self->on_read(failed); });
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

void HttpAdminServer::open() {
  if (stopped_) return;
  acceptor_->open([this](StreamSocket socket, Acceptor::Place place) {
    auto connection = std::make_shared<Connection>(std::move(socket), std::move(place), *this);
    connections_.insert(connection);
    connection->read();
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
  acceptor_->close();
  for (const auto& connection : connections_) connection->close();
  connections_.clear();
}

}  // namespace

std::unique_ptr<AdminServer> AdminServer::create(AdminServerSetup setup) {
  return std::make_unique<HttpAdminServer>(std::move(setup));
}

}  // namespace tidegate
