#include "connectors/aws_s3/object.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "connectors/aws_s3/limits.h"
#include "connectors/file/place.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::aws_s3 {
namespace {

/// Of the object's name: half of a SHA-256 tells more batches apart than there will ever be.
constexpr std::size_t kHashDigits = 32;

/// Length first, so that ("a", "bc") and ("ab", "c") differ.
void add_text(std::string_view text, std::string& out) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

/// So much memory that lines of usual events need none anew: doubling would take twice what an object has.
std::size_t expected_bytes(http::Events events) {
  std::size_t bytes = 0;
  for (const OutEvent* event : events) bytes += payload_bytes(event->event) + limits::kLineOverheadBytes;
  return bytes;
}

/// "20260101T130500Z".
std::string short_time(WallTime time) {
  std::string text;
  append_rfc3339(time, text);
  text.resize(std::min(text.size(), text.find_first_of(".Z")));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + 'Z';
}

}  // namespace

Result<ObjectWriter> ObjectWriter::create(const SinkOptions& options, const std::string& route, std::string_view sink) {
  auto compressor = Compressor::create(options.compression);
  if (!compressor) return std::move(compressor).error();
  auto sha256 = auth::Sha256::create();
  if (!sha256) return std::move(sha256).error();
  ObjectWriter made(options, route, *std::move(compressor), *std::move(sha256));
  std::string lane;
  add_text(route, lane);
  add_text(sink, lane);
  if (!made.sha256_.digest(lane, made.lane_hash_)) return Error{ErrorCode::unavailable, "OpenSSL: SHA-256 failed"};
  return made;
}

ObjectWriter::ObjectWriter(const SinkOptions& options, std::string route, Compressor compressor, auth::Sha256 sha256)
    : key_fields_(route),
      key_(key_fields_.add(options.key)),
      fields_(std::make_unique<fields::TextFields>(std::move(route))),
      lines_(options.format, options.csv, *fields_),
      compressor_(std::move(compressor)),
      sha256_(std::move(sha256)),
      ending_(lines::file_ending(options.format)) {
  ending_ += file_ending(options.compression);
}

/// Puts the part of the key that the event decides into scratch_, as it is filled.
Status ObjectWriter::fill_key(const OutEvent& event) {
  scratch_.clear();
  key_fields_.read(event);
  return key_fields_.append(key_, scratch_, limits::kKeyBytesMax);
}

std::uint64_t ObjectWriter::destination(const OutEvent& event) {
  return fill_key(event) ? std::hash<std::string>()(scratch_) : 0;
}

/// The key up to the hash.
Status ObjectWriter::begin_key(const OutEvent& first, std::string& key) {
  if (Status filled = fill_key(first); !filled) return filled.error().in("key");
  auto safe = file::safe_path(scratch_);
  if (!safe) return std::move(safe).error().in("key");
  if (safe->size() + limits::kNameBytes > limits::kKeyBytesMax) {
    return Error{ErrorCode::invalid, "key: longer than the 1024 bytes that S3 takes"};
  }
  key = *std::move(safe) + '/' + short_time(first.event.time) + '-';
  return {};
}

bool ObjectWriter::add_to_hash(const OutEvent& event) {
  scratch_.assign(reinterpret_cast<const char*>(hash_.data()), hash_.size());
  add_text(event.event.source, scratch_);
  add_text(event.event.id, scratch_);
  add_text(event.event.subject, scratch_);
  append_rfc3339(event.event.time, scratch_);
  return sha256_.digest(scratch_, hash_);
}

void ObjectWriter::write(http::Events events, std::string& key, std::string& body, http::Written& written) {
  const bool compressed = !compressor_.content_encoding().empty();
  std::string& plain = compressed ? plain_ : body;
  key.clear();
  body.clear();
  plain.clear();
  plain.reserve(expected_bytes(events));
  plain += lines_.header();
  hash_ = lane_hash_;
  for (std::size_t i = 0; i < events.size(); ++i) {
    fields_->read(*events[i]);
    std::string begun;
    Status fit = key.empty() ? begin_key(*events[i], begun) : Status();
    if (fit) fit = lines_.append(*events[i], plain);
    if (!fit) {
      written.unfit(i, fit.error().message);
      continue;
    }
    if (key.empty()) key = std::move(begun);
    if (!add_to_hash(*events[i])) return written.failed("OpenSSL: SHA-256 failed");
  }
  if (key.empty()) return body.clear();
  std::string digits;
  auth::append_hex(hash_, digits);
  key.append(digits, 0, kHashDigits);
  key += ending_;
  if (compressed) pack(body, written);
}

/// Compresses plain_. The body waits for its answer, so it gets no more memory than it needs.
void ObjectWriter::pack(std::string& body, http::Written& written) {
  std::string packed;
  if (const Status done = compressor_.compress(plain_, packed); !done) return written.failed(done.error().message);
  if (plain_.capacity() > tidegate::limits::kHttpBodyBytesKept) std::string().swap(plain_);
  body.assign(packed);
}

std::string_view ObjectWriter::content_type() const noexcept {
  const std::string_view encoding = compressor_.content_encoding();
  if (encoding == "gzip") return "application/gzip";
  if (encoding == "zstd") return "application/zstd";
  return lines_.content_type();
}

}  // namespace tidegate::aws_s3
