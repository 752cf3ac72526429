#include "connectors/mqtt_listener/channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cerrno>
#include <utility>

namespace tidegate::mqtt_listener {

namespace {

bool would_block() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int descriptor_of(BIO* bio) noexcept { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

/// As OpenSSL's socket BIO, but a peer that is gone raises no SIGPIPE.
int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::send(descriptor_of(bio), bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && would_block()) BIO_set_retry_write(bio);
  *written = n > 0 ? static_cast<std::size_t>(n) : 0;
  return n > 0 ? 1 : 0;
}

int bio_read(BIO* bio, char* bytes, std::size_t size, std::size_t* read) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::recv(descriptor_of(bio), bytes, size, MSG_DONTWAIT);
  if (n < 0 && would_block()) BIO_set_retry_read(bio);
  *read = n > 0 ? static_cast<std::size_t>(n) : 0;
  return n > 0 ? 1 : 0;
}

long bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO* make_bio(int descriptor) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tidegate socket");
    BIO_meth_set_write_ex(made, bio_write);
    BIO_meth_set_read_ex(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return nullptr;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): OpenSSL keeps a pointer for us; only descriptor_of() reads it
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

void Channel::FreeSsl::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

Channel::Channel(StreamSocket socket, std::shared_ptr<boost::asio::ssl::context> tls)
    : socket_(std::move(socket)), context_(std::move(tls)) {
  if (!context_) return;
  tls_.reset(SSL_new(context_->native_handle()));
  BIO* const bio = tls_ ? make_bio(socket_.native_handle()) : nullptr;
  if (bio == nullptr) {
    trouble_ = "no memory for TLS";
    return;
  }
  SSL_set_bio(tls_.get(), bio, bio);
  SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_accept_state(tls_.get());
}

Channel::~Channel() { close(); }

Channel::Step Channel::plain(std::ptrdiff_t result) const noexcept {
  if (result > 0) return {State::done, static_cast<std::size_t>(result)};
  return {State::ended, 0};
}

Channel::Step Channel::secured(int result, std::size_t bytes) {
  if (result == 1) return {State::done, bytes};
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {State::wants_read, 0};
    case SSL_ERROR_WANT_WRITE: return {State::wants_write, 0};
    default: break;
  }
  if (SSL_is_init_finished(tls_.get()) == 0) {
    const char* const why = ERR_reason_error_string(ERR_peek_error());
    trouble_ = why != nullptr ? why : "closed by the client";
  }
  return {State::ended, 0};
}

Channel::Step Channel::read(std::span<char> into) {
  if (!socket_.is_open() || (context_ && !trouble_.empty())) return {State::ended, 0};
  if (tls_) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &bytes);
    return secured(result, bytes);
  }
  const ssize_t n = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  if (n < 0 && would_block()) return {State::wants_read, 0};
  return plain(n);
}

Channel::Step Channel::write(std::string_view bytes) {
  if (!socket_.is_open() || (context_ && !trouble_.empty())) return {State::ended, 0};
  if (tls_) {
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &written);
    return secured(result, written);
  }
  const ssize_t n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0 && would_block()) return {State::wants_write, 0};
  return plain(n);
}

bool Channel::has_buffered() const noexcept { return tls_ && SSL_has_pending(tls_.get()) == 1; }

bool Channel::is_peer_gone() {
  pollfd state{socket_.native_handle(), POLLRDHUP, 0};
  return poll(&state, 1, 0) == 1 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Channel::wait(State what, std::function<void()> ready) {
  const auto direction = what == State::wants_write ? StreamSocket::wait_write : StreamSocket::wait_read;
  socket_.async_wait(direction, [ready = std::move(ready)](const boost::system::error_code& error) {
    if (error != boost::asio::error::operation_aborted) ready();
  });
}

void Channel::yield(std::function<void()> ready) { boost::asio::post(socket_.get_executor(), std::move(ready)); }

void Channel::close() noexcept {
  if (!socket_.is_open()) return;
  // One attempt at close_notify; whoever does not take it now learns it from the closed socket.
  if (tls_ && SSL_is_init_finished(tls_.get()) == 1) SSL_shutdown(tls_.get());
  boost::system::error_code ignored;
  socket_.shutdown(StreamSocket::shutdown_both, ignored);
  socket_.close(ignored);
}

std::optional<PeerIdentity> Channel::identity() const {
  if (!tls_) return std::nullopt;
  return peer_identity(tls_.get());
}

}  // namespace tidegate::mqtt_listener
