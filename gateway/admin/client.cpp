#include "gateway/admin/client.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "gateway/admin/limits.h"

namespace tidegate {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;

namespace {

/// A page of dead letters ends after kDeadPageBytesMax, but one whole event may exceed it several times over.
constexpr std::uint64_t kReplyBytesMax = 64u << 20;

/// Runs one asynchronous operation to its end; Beast's timeouts exist for those only.
template <class Start>
error_code run(asio::io_context& context, Start start) {
  error_code result;
  start([&result](error_code error, auto&&...) { result = error; });
  context.restart();
  context.run();
  return result;
}

Error failure(const ListenAddress& at, const error_code& error) {
  if (error == boost::beast::error::timeout)
    return {ErrorCode::timeout, "the gateway at " + at.text() + " did not answer in time"};
  return {ErrorCode::io, "talking to the gateway at " + at.text() + ": " + error.message()};
}

}  // namespace

Result<AdminReply> admin_call(const ListenAddress& at, const std::string& method, const std::string& target,
                              const std::string& body, std::chrono::milliseconds timeout) {
  asio::io_context context;
  boost::beast::basic_stream<Protocol> stream(context);
  stream.expires_after(timeout);
  Protocol::endpoint endpoint;
  if (at.unix_socket) {
    endpoint = asio::local::stream_protocol::endpoint(at.path);
  } else {
    error_code bad_address;
    endpoint = asio::ip::tcp::endpoint(asio::ip::make_address(at.host, bad_address), at.port);
    if (bad_address) return Error{ErrorCode::invalid, at.host + " is not an address"};
  }
  error_code error = run(context, [&](auto handler) { stream.async_connect(endpoint, handler); });
  if (error == boost::beast::error::timeout) return failure(at, error);
  if (error == boost::system::errc::permission_denied)
    return Error{ErrorCode::refused, "no permission to open " + at.text() + ": become root or join the socket's group"};
  if (error) return Error{ErrorCode::unavailable, "no gateway answers at " + at.text() + ": " + error.message()};

  http::request<http::string_body> request(http::string_to_verb(method), target, 11);
  request.set(http::field::host, at.unix_socket ? "localhost" : at.text());
  request.keep_alive(false);
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  error = run(context, [&](auto handler) { http::async_write(stream, request, handler); });
  if (error) return failure(at, error);

  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kReplyBytesMax);
  error = run(context, [&](auto handler) { http::async_read(stream, buffer, parser, handler); });
  if (error) return failure(at, error);
  return AdminReply{static_cast<std::uint16_t>(parser.get().result_int()), std::move(parser.get().body())};
}

}  // namespace tidegate
