#include "connectors/mqtt/link.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <utility>

namespace tidegate::mqtt {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Error link_error(std::string_view doing, const error_code& e) {
  return {ErrorCode::unavailable, fmt::format("{}: {}", doing, e.message())};
}

Status load_certificates(asio::ssl::context& context, const TlsOptions& options) {
  error_code e;
  if (options.ca_file.empty())
    context.set_default_verify_paths(e);
  else
    context.load_verify_file(options.ca_file.string(), e);
  if (e) return link_error(fmt::format("cannot use the certificates in \"{}\"", options.ca_file.string()), e);
  if (options.cert_file.empty()) return {};
  context.use_certificate_chain_file(options.cert_file.string(), e);
  if (e) return link_error(fmt::format("cannot use the certificate in \"{}\"", options.cert_file.string()), e);
  context.use_private_key_file(options.key_file.string(), asio::ssl::context::pem, e);
  if (e) return link_error(fmt::format("cannot use the key in \"{}\"", options.key_file.string()), e);
  return {};
}

class TcpLink final : public Link, public std::enable_shared_from_this<TcpLink> {
 public:
  TcpLink(asio::io_context& net, BrokerAddress broker, TlsOptions tls)
      : broker_(std::move(broker)), tls_(std::move(tls)), resolver_(net), socket_(net) {}

  void open(std::function<void(Status)> done) override {
    opened_ = std::move(done);
    // An address needs no resolver; a name costs Asio's own resolver thread.
    error_code e;
    const auto address = asio::ip::make_address(broker_.host, e);
    if (!e) {
      socket_.async_connect({address, broker_.port},
                            [self = shared_from_this()](const error_code& failed) { self->on_connected(failed); });
      return;
    }
    resolver_.async_resolve(
        broker_.host, std::to_string(broker_.port),
        [self = shared_from_this()](const error_code& failed, const tcp::resolver::results_type& r) {
          self->on_resolved(failed, r);
        });
  }

  void read(std::span<char> into, std::function<void(Result<std::size_t>)> done) override {
    read_ = std::move(done);
    const asio::mutable_buffer buffer(into.data(), into.size());
    auto handler = [self = shared_from_this()](const error_code& e, std::size_t n) { self->on_read(e, n); };
    if (stream_)
      stream_->async_read_some(buffer, std::move(handler));
    else
      socket_.async_read_some(buffer, std::move(handler));
  }

  void write(std::string_view bytes, std::function<void(Status)> done) override {
    written_ = std::move(done);
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    auto handler = [self = shared_from_this()](const error_code& e, std::size_t) { self->on_written(e); };
    if (stream_)
      asio::async_write(*stream_, buffer, std::move(handler));
    else
      asio::async_write(socket_, buffer, std::move(handler));
  }

  void close() noexcept override {
    closed_ = true;
    opened_ = nullptr;
    read_ = nullptr;
    written_ = nullptr;
    resolver_.cancel();
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

 private:
  void on_resolved(const error_code& e, const tcp::resolver::results_type& results) {
    if (closed_) return;
    if (e) return finish_open(link_error(fmt::format("cannot resolve \"{}\"", broker_.host), e));
    asio::async_connect(socket_, results, [self = shared_from_this()](const error_code& failed, const tcp::endpoint&) {
      self->on_connected(failed);
    });
  }

  void on_connected(const error_code& e) {
    if (closed_) return;
    if (e) return finish_open(link_error("cannot connect", e));
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    if (!broker_.tls) return finish_open({});
    if (const Status status = prepare_tls(); !status) return finish_open(status);
    stream_->async_handshake(asio::ssl::stream_base::client,
                             [self = shared_from_this()](const error_code& failed) { self->on_handshake(failed); });
  }

  Status prepare_tls() {
    auto& context = context_.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    if (Status status = load_certificates(context, tls_); !status) return status;
    auto& stream = stream_.emplace(socket_, context);
    error_code e;
    const std::string& name = tls_.server_name.empty() ? broker_.host : tls_.server_name;
    if (tls_.insecure_skip_verify) {
      stream.set_verify_mode(asio::ssl::verify_none, e);
    } else {
      stream.set_verify_mode(asio::ssl::verify_peer, e);
      stream.set_verify_callback(asio::ssl::host_name_verification(name), e);
    }
    // SNI carries names only (RFC 6066, section 3).
    error_code not_an_address;
    asio::ip::make_address(name, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(stream.native_handle(), name.c_str());
    if (!tls_.alpn.empty()) {
      const std::string list = static_cast<char>(tls_.alpn.size()) + tls_.alpn;
      SSL_set_alpn_protos(stream.native_handle(), reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
    }
    return {};
  }

  void on_handshake(const error_code& e) {
    if (closed_) return;
    if (!e) return finish_open({});
    const long verified = SSL_get_verify_result(stream_->native_handle());
    if (verified != X509_V_OK && !tls_.insecure_skip_verify)
      return finish_open(Error{ErrorCode::refused, fmt::format("the broker's certificate is not accepted: {}",
                                                               X509_verify_cert_error_string(verified))});
    finish_open(link_error("TLS handshake failed", e));
  }

  void finish_open(Status status) {
    if (auto done = std::exchange(opened_, nullptr)) done(std::move(status));
  }

  void on_read(const error_code& e, std::size_t n) {
    if (closed_) return;
    auto done = std::exchange(read_, nullptr);
    if (!done) return;
    const bool ended = e == asio::error::eof || e == asio::ssl::error::stream_truncated;
    if (ended) return done(Error{ErrorCode::unavailable, "the broker closed the connection"});
    if (e) return done(link_error("connection lost", e));
    // A broker that leaves Nagle's algorithm on (mosquitto does) holds small messages back until TCP has acknowledged
    // the ones before, and the MQTT acknowledgement that would carry it waits for a commit. The kernel forgets this
    // option by and by, so it is said again.
    const int on = 1;
    setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    done(n);
  }

  void on_written(const error_code& e) {
    if (closed_) return;
    auto done = std::exchange(written_, nullptr);
    if (!done) return;
    done(e ? Status(link_error("connection lost", e)) : Status{});
  }

  const BrokerAddress broker_;
  const TlsOptions tls_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  std::optional<asio::ssl::context> context_;
  std::optional<asio::ssl::stream<tcp::socket&>> stream_;
  std::function<void(Status)> opened_;
  std::function<void(Result<std::size_t>)> read_;
  std::function<void(Status)> written_;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<Link> make_link(asio::io_context& net, const BrokerAddress& broker, const TlsOptions& tls) {
  return std::make_shared<TcpLink>(net, broker, tls);
}

}  // namespace tidegate::mqtt
