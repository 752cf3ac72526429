#include "tests/support/receiver/bodies.h"

#include <simdjson.h>
#include <zlib.h>
#include <zstd.h>

#include <memory>

namespace tidegate::testing {
namespace {

constexpr std::size_t kDecodedBytesMax = 64u << 20;

Result<std::string> gunzip(const std::string& body) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return Error{ErrorCode::invalid, "zlib does not start"};
  std::string out;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int code = Z_OK;
  while (code == Z_OK && out.size() < kDecodedBytesMax) {
    const std::size_t start = out.size();
    out.resize(start + (64u << 10));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + start);
    stream.avail_out = 64u << 10;
    code = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END || stream.avail_in != 0) return Error{ErrorCode::invalid, "the body is not gzip"};
  return out;
}

Result<std::string> unzstd(const std::string& body) {
  const auto size = ZSTD_getFrameContentSize(body.data(), body.size());
  if (size > kDecodedBytesMax) return Error{ErrorCode::invalid, "the body is not zstd with a known size"};
  std::string out(size, '\0');
  const std::size_t done = ZSTD_decompress(out.data(), out.size(), body.data(), body.size());
  if (ZSTD_isError(done)) return Error{ErrorCode::invalid, ZSTD_getErrorName(done)};
  return out;
}

ReceivedEvent event_of(std::string_view id, std::string_view text) {
  ReceivedEvent event{std::string(id), std::string(text), std::nullopt};
  auto found = find_marker(text);
  constexpr std::string_view kBinaryData = "\"data_base64\":\"";
  if (const std::size_t at = text.find(kBinaryData); !found && at != std::string_view::npos) {
    found = find_marker(decode_base64(text.substr(at + kBinaryData.size())));
  }
  if (found) event.marker = found->first;
  return event;
}

/// The id first, because reading the raw text consumes the object.
std::optional<ReceivedEvent> cloud_event_of(simdjson::ondemand::object object) {
  std::string_view id, text;
  if (object["id"].get_string().get(id) != simdjson::SUCCESS) return std::nullopt;
  if (object.reset().error() != simdjson::SUCCESS) return std::nullopt;
  if (object.raw_json().get(text) != simdjson::SUCCESS) return std::nullopt;
  return event_of(id, text);
}

std::optional<ReceivedEvent> item_of(simdjson::ondemand::value value, bool cloud_events) {
  if (cloud_events) {
    simdjson::ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
    return cloud_event_of(object);
  }
  std::string_view text;
  if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS) return std::nullopt;
  return event_of({}, text);
}

Result<std::vector<ReceivedEvent>> split_array(std::string& body, bool cloud_events) {
  static thread_local simdjson::ondemand::parser parser;
  const Error broken{ErrorCode::invalid, "the body is not the JSON its type says"};
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  if (parser.iterate(body.data(), body.size(), body.capacity()).get(document) != simdjson::SUCCESS ||
      document.get_array().get(array) != simdjson::SUCCESS) {
    return broken;
  }
  std::vector<ReceivedEvent> events;
  for (auto element : array) {
    simdjson::ondemand::value value;
    if (element.get(value) != simdjson::SUCCESS) return broken;
    auto event = item_of(value, cloud_events);
    if (!event) return broken;
    events.push_back(*std::move(event));
  }
  return events;
}

Result<std::vector<ReceivedEvent>> split_lines(std::string_view body) {
  std::vector<ReceivedEvent> events;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos) return Error{ErrorCode::invalid, "the last line does not end"};
    events.push_back(event_of({}, body.substr(0, end)));
    body.remove_prefix(end + 1);
  }
  return events;
}

Result<std::vector<ReceivedEvent>> one_cloud_event(std::string& body) {
  body = '[' + body + ']';
  auto events = split_array(body, true);
  if (events && events->size() != 1) return Error{ErrorCode::invalid, "not one event"};
  return events;
}

}  // namespace

Result<std::string> decode_body(std::string_view content_encoding, std::string body) {
  if (content_encoding.empty()) return body;
  if (content_encoding == "gzip") return gunzip(body);
  if (content_encoding == "zstd") return unzstd(body);
  return Error{ErrorCode::invalid, "unknown Content-Encoding"};
}

Result<std::vector<ReceivedEvent>> split_events(std::string_view content_type, std::string_view ce_id,
                                                std::string& body) {
  if (!ce_id.empty()) return std::vector{event_of(ce_id, body)};
  if (content_type.starts_with("application/cloudevents-batch+json")) return split_array(body, true);
  if (content_type.starts_with("application/cloudevents+json")) return one_cloud_event(body);
  if (content_type.starts_with("application/x-ndjson")) return split_lines(body);
  if (content_type.starts_with("application/json") && body.starts_with('[')) return split_array(body, false);
  return std::vector{event_of({}, body)};
}

std::string decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) break;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFFFF;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFF);
    }
  }
  return out;
}

}  // namespace tidegate::testing
