#include "connectors/http/ingest/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include "connectors/http/ingest/limits.h"

namespace tidegate::ingest {

namespace http = boost::beast::http;

namespace {

std::string_view plain(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

}  // namespace

RequestReader::RequestReader(std::uint64_t body_bytes_max) : chunks_(body_bytes_max) {
  header_limit(limits::kIngestHeaderBytesMax);
  body_limit(body_bytes_max);
}

std::size_t RequestReader::feed(std::string_view bytes) {
  if (refused_ || done()) return 0;
  if (head_done_ && chunked()) return feed_chunks(bytes);
  error_code error;
  const std::size_t used = put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) judge(error);
  // What does not fit the read buffer would never be complete.
  if (error == http::error::need_more && !refused_ && bytes.size() - used >= limits::kIngestHeaderBytesMax)
    refuse(431, "the header is too large");
  return used;
}

std::size_t RequestReader::feed_chunks(std::string_view bytes) {
  const std::size_t given = bytes.size();
  switch (chunks_.feed(bytes, body_)) {
    case ChunkReader::State::more: break;
    case ChunkReader::State::done: done_ = true; break;
    case ChunkReader::State::malformed: refuse(400, "the body's chunks are not well formed"); break;
    case ChunkReader::State::too_large: refuse(413, "the body is too large"); break;
  }
  return given - bytes.size();
}

std::optional<std::uint64_t> RequestReader::announced() const {
  const auto length = content_length();
  if (length) return *length;
  // Without either, a request has no body (RFC 9112, section 6.3).
  return chunked() ? std::nullopt : std::optional<std::uint64_t>(0);
}

void RequestReader::judge(const error_code& error) {
  if (refused_) return;
  if (error == http::error::body_limit) return refuse(413, "the body is too large");
  if (error == http::error::header_limit) return refuse(431, "the header is too large");
  if (error == http::error::bad_version) return refuse(505, "only HTTP/1.1 is spoken here");
  if (error == http::error::bad_transfer_encoding)
    return refuse(400, "Transfer-Encoding may only be chunked, and without Content-Length");
  refuse(400, fmt::format("not a valid HTTP/1.1 request: {}", error.message()));
}

void RequestReader::refuse(int status, std::string error) {
  refused_ = Refusal{status, std::move(error), std::nullopt};
}

void RequestReader::on_request_impl(http::verb, string_view method, string_view target, int, error_code&) {
  head_.method = plain(method);
  head_.target = plain(target);
}

void RequestReader::keep_once(std::optional<std::string>& into, std::string_view name, std::string_view value) {
  // Two of them could be read differently by whatever stands in front of the gateway.
  if (into) return refuse(400, fmt::format("the header {} is given twice", name));
  into = value;
}

void RequestReader::on_field_impl(http::field name, string_view name_text, string_view value, error_code& error) {
  if (head_done_) return;  // a trailer changes nothing
  if (++fields_ > limits::kIngestHeaderFieldsMax) {
    error = http::error::header_limit;
    return;
  }
  const std::string_view text = plain(value);
  switch (name) {
    case http::field::content_type: return keep_once(head_.content_type, "Content-Type", text);
    case http::field::content_encoding: return keep_once(head_.content_encoding, "Content-Encoding", text);
    case http::field::authorization: return keep_once(head_.authorization, "Authorization", text);
    case http::field::origin: return keep_once(head_.origin, "Origin", text);
    case http::field::expect: head_.expects_continue = lower(text) == "100-continue"; return;
    case http::field::unknown: break;
    default: return;
  }
  const std::string known = lower(plain(name_text));
  if (known == "webhook-id") return keep_once(head_.webhook_id, known, text);
  if (known == "webhook-timestamp") return keep_once(head_.webhook_timestamp, known, text);
  if (known == "webhook-signature") return keep_once(head_.webhook_signature, known, text);
  if (known.starts_with("ce-")) head_.cloud_event.emplace_back(known.substr(3), text);
}

void RequestReader::on_header_impl(error_code&) { head_done_ = true; }

void RequestReader::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  // Only as much as the sender has shown to be serious about is taken at once.
  if (length) body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 64u << 10)));
}

std::size_t RequestReader::on_body_impl(string_view bytes, error_code&) {
  body_.append(bytes.data(), bytes.size());
  return bytes.size();
}

}  // namespace tidegate::ingest
