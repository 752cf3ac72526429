#include "connectors/http/ingest/connection.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "connectors/http/ingest/limits.h"

namespace tidegate::ingest {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kBufferBytes = limits::kIngestHeaderBytesMax;

std::string_view reason_of(int status) {
  switch (status) {
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

/// Headers that only some answers have.
std::string special_headers(int status) {
  switch (status) {
    case 401: return "WWW-Authenticate: Bearer\r\n";
    case 405: return "Allow: POST\r\n";
    case 415: return "Accept-Encoding: identity\r\n";
    case 503: return fmt::format("Retry-After: {}\r\n", limits::kIngestRetryAfterSeconds);
    default: return {};
  }
}

}  // namespace

Connection::Connection(StreamSocket socket, Acceptor::Place place, asio::ssl::context* tls,
                       const std::weak_ptr<Server>& server)
    : server_(server.lock()), place_(std::move(place)), socket_(std::move(socket)) {
  if (tls != nullptr) tls_.emplace(socket_, *tls);
}

SteadyTime Connection::now() const { return server_->clock().steady(); }

void Connection::begin() {
  buffer_ = std::make_unique<char[]>(kBufferBytes);
  since_ = now();
  deadline_ = since_ + limits::kIngestHeaderTime;
  if (!tls_) return next_request();
  tls_->async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](const error_code& error) {
    if (self->stage_ == Stage::closed) return;
    if (error) return self->close();
    self->next_request();
  });
}

void Connection::next_request() {
  if (server_->is_stopping()) return close();
  stage_ = Stage::header;
  reader_.emplace(server_->options().max_body);
  call_.reset();
  hold_.reset();
  keep_ = false;
  since_ = now();
  deadline_ = since_ + (begin_ < end_ ? limits::kIngestHeaderTime : limits::kIngestIdleTime);
  consume();
}

void Connection::read() {
  if (is_reading_ || stage_ == Stage::closed) return;
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0 && end_ == kBufferBytes) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  is_reading_ = true;
  const asio::mutable_buffer space(buffer_.get() + end_, kBufferBytes - end_);
  auto done = [self = shared_from_this()](const error_code& error, std::size_t size) { self->on_read(error, size); };
  if (tls_)
    tls_->async_read_some(space, std::move(done));
  else
    socket_.async_read_some(space, std::move(done));
}

void Connection::on_read(const error_code& error, std::size_t size) {
  is_reading_ = false;
  if (stage_ == Stage::closed) return;
  if (error) {
    // An answer that is on its way goes out first; its end finds the stream's end again.
    if (stage_ == Stage::answering) return;
    return close();
  }
  if (stage_ == Stage::answering) return;  // refused meanwhile: what still comes is thrown away
  if (stage_ == Stage::lingering) return read();
  if (begin_ == end_ && stage_ == Stage::header) deadline_ = now() + limits::kIngestHeaderTime;
  end_ += size;
  consume();
}

void Connection::consume() {
  while (stage_ == Stage::header || stage_ == Stage::body) {
    const std::size_t before = begin_;
    if (begin_ < end_) begin_ += reader_->feed({buffer_.get() + begin_, end_ - begin_});
    if (reader_->refused()) return refuse(*reader_->refused());
    if (stage_ == Stage::header && reader_->head_done() && !head_came()) return;
    if (stage_ == Stage::body && !body_grew()) return;
    if (reader_->done()) return submit();
    if (begin_ == before) return read();
  }
}

bool Connection::head_came() {
  keep_ = reader_->keeps_connection();
  auto admitted = server_->admit_head(reader_->head(), reader_->announced());
  if (const auto* refused = std::get_if<Refusal>(&admitted)) {
    refuse(*refused);
    return false;
  }
  call_ = std::get<Call>(std::move(admitted));
  hold_.emplace(server_->make_hold());
  stage_ = Stage::body;
  since_ = now();
  if (reader_->head().expects_continue && !reader_->done()) write("HTTP/1.1 100 Continue\r\n\r\n");
  return true;
}

bool Connection::body_grew() {
  const std::size_t size = reader_->body().size();
  deadline_ = since_ + limits::kIngestBodyGrace + std::chrono::seconds(size / limits::kIngestBytesPerSecondMin);
  if (hold_->set(size)) return true;
  refuse({503, "too many bytes wait for their acknowledgement", std::nullopt});
  return false;
}

void Connection::submit() {
  stage_ = Stage::receipt;
  deadline_ = SteadyTime::max();
  server_->submit(shared_from_this(), *call_, reader_->head(), std::move(reader_->body()), *std::move(hold_));
}

void Connection::accept(std::string_view ids) {
  if (stage_ == Stage::receipt) answer(202, {}, ids);
}

void Connection::refuse(const Refusal& refusal) {
  if (stage_ == Stage::closed || stage_ == Stage::answering || stage_ == Stage::lingering) return;
  // What is left of the body would be taken for the next request.
  if (!reader_ || reader_->refused() || !reader_->done()) keep_ = false;
  answer(refusal.status, refusal.error, refusal_json(refusal));
}

void Connection::answer(int status, std::string_view error, std::string_view body) {
  server_->count_answer(status, error);
  // An answer to HEAD has no body; its sender wants something else anyway.
  if (server_->is_stopping() || (reader_ && reader_->head().method == "HEAD")) keep_ = false;
  stage_ = Stage::answering;
  hold_.reset();
  deadline_ = now() + limits::kIngestAnswerTime;
  const auto seconds = std::chrono::system_clock::to_time_t(server_->clock().wall());
  std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{}{}\r\n",
      status, reason_of(status), fmt::gmtime(seconds), body.size(), special_headers(status),
      keep_ ? "" : "Connection: close\r\n");
  head += body;
  write(head);
}

void Connection::write(std::string_view bytes) {
  to_write_ += bytes;
  if (writing_.empty()) flush();
}

void Connection::flush() {
  writing_ = std::exchange(to_write_, {});
  auto done = [self = shared_from_this()](const error_code& error, std::size_t) { self->on_written(error); };
  if (tls_)
    asio::async_write(*tls_, asio::buffer(writing_), std::move(done));
  else
    asio::async_write(socket_, asio::buffer(writing_), std::move(done));
}

void Connection::on_written(const error_code& error) {
  writing_.clear();
  if (stage_ == Stage::closed) return;
  if (error) return close();
  if (!to_write_.empty()) return flush();
  if (stage_ != Stage::answering) return;
  if (keep_) return next_request();
  linger();
}

void Connection::linger() {
  if (reader_ && reader_->done() && !reader_->refused() && begin_ == end_) return close();
  stage_ = Stage::lingering;
  begin_ = end_ = 0;
  deadline_ = now() + limits::kIngestLingerTime;
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  read();
}

void Connection::check_deadline(SteadyTime at) {
  if (stage_ == Stage::closed || at < deadline_) return;
  time_out();
}

void Connection::time_out() {
  const bool silent = stage_ == Stage::header && begin_ == end_;
  if (silent || (stage_ != Stage::header && stage_ != Stage::body)) return close();
  refuse({408, stage_ == Stage::body ? "the body came too slowly" : "the header came too slowly", std::nullopt});
}

void Connection::wind_up() {
  keep_ = false;
  if (stage_ == Stage::handshake || stage_ == Stage::header || stage_ == Stage::body || stage_ == Stage::lingering)
    close();
}

void Connection::close() {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  hold_.reset();
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
  socket_.close(ignored);
  place_.reset();
  // The last of these may be what keeps both alive.
  const auto self = shared_from_this();
  const auto server = std::move(server_);
  server->forget(self);
}

}  // namespace tidegate::ingest
