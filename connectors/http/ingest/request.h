#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/http/ingest/chunks.h"

namespace tidegate::ingest {

/// What a request says before its body, as far as the source cares.
struct RequestHead {
  std::string method;
  std::string target;
  std::optional<std::string> content_type, content_encoding, authorization, origin;
  std::optional<std::string> webhook_id, webhook_timestamp, webhook_signature;
  std::vector<std::pair<std::string, std::string>> cloud_event;  ///< "ce-" headers: lower case, without "ce-"
  bool expects_continue = false;
};

/// A request that is answered without storing anything.
struct Refusal {
  int status = 400;
  std::string error;                 ///< for the sender; no secret
  std::optional<std::size_t> index;  ///< of the event at fault, from 0
};

/// One HTTP/1.1 request as its bytes come in: header by Boost.Beast, limits by the caller's numbers. Makes no
/// promises about who asks for what; that is call.h's. *Source*: RFC 9112.
class RequestReader : private boost::beast::http::basic_parser<true> {
 public:
  /// `body_bytes_max` bounds what body() may become.
  explicit RequestReader(std::uint64_t body_bytes_max);

  /// Takes bytes; returns how many were used up. Stops after the header, so that the caller can refuse the body. Call
  /// again with what is left (and more) until done() or refused().
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] bool head_done() const noexcept { return head_done_; }
  [[nodiscard]] bool done() const { return done_ || is_done(); }
  /// Set when this is no request that can go on; nothing more may be fed.
  [[nodiscard]] const std::optional<Refusal>& refused() const noexcept { return refused_; }
  [[nodiscard]] const RequestHead& head() const noexcept { return head_; }
  [[nodiscard]] std::string& body() noexcept { return body_; }
  /// Bytes of the body that the header announces; nullopt: not known (chunked).
  [[nodiscard]] std::optional<std::uint64_t> announced() const;
  /// True when the sender wants the connection kept. Only after head_done().
  [[nodiscard]] bool keeps_connection() const { return keep_alive(); }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& error) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field name, string_view name_text, string_view value,
                     error_code& error) override;
  void on_header_impl(error_code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& error) override;
  std::size_t on_body_impl(string_view bytes, error_code& error) override;
  // Chunks never get as far as the parser: see chunks_.
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}
  void refuse(int status, std::string error);
  void judge(const error_code& error);
  std::size_t feed_chunks(std::string_view bytes);
  void keep_once(std::optional<std::string>& into, std::string_view name, std::string_view value);

  RequestHead head_;
  ChunkReader chunks_;
  std::string body_;
  std::optional<Refusal> refused_;
  std::size_t fields_ = 0;
  bool head_done_ = false;
  bool done_ = false;  ///< a chunked body is complete
};

}  // namespace tidegate::ingest
