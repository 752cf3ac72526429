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

bool ObjectWriter::add_hash(const OutEvent& first, std::string& key) {
  scratch_.assign(reinterpret_cast<const char*>(lane_hash_.data()), lane_hash_.size());
  add_text(std::to_string(first.position.value), scratch_);
  add_text(first.event.source, scratch_);
  add_text(first.event.id, scratch_);
  add_text(first.event.subject, scratch_);
  append_rfc3339(first.event.time, scratch_);
  auth::Sha256Digest hash{};
  if (!sha256_.digest(scratch_, hash)) return false;
  std::string digits;
  auth::append_hex(hash, digits);
  key.append(digits, 0, kHashDigits);
  key += ending_;
  return true;
}

void ObjectWriter::write(http::Events events, std::string& key, std::string& body, http::Written& written) {
  const bool compressed = !compressor_.content_encoding().empty();
  std::string& plain = compressed ? plain_ : body;
  if (compressed) plain.clear();
  const std::size_t before = plain.size();
  plain.reserve(before + expected_bytes(events));
  std::string begun = key;
  if (begun.empty()) plain += lines_.header();
  for (std::size_t i = 0; i < events.size(); ++i) {
    fields_->read(*events[i]);
    std::string name;
    Status fit = begun.empty() ? begin_key(*events[i], name) : Status();
    if (fit) fit = lines_.append(*events[i], plain);
    if (!fit) {
      written.unfit(i, fit.error().message);
      continue;
    }
    if (begun.empty()) {
      begun = std::move(name);
      if (!add_hash(*events[i], begun)) written.failed("OpenSSL: SHA-256 failed");
    }
  }
  if (compressed && written.unfits().size() < events.size()) {
    // Of each batch a member (RFC 1952, section 2.2) or a frame (RFC 8878, section 3) of its own.
    std::string packed;
    const Status done = compressor_.compress(plain, packed);
    if (!done) written.failed(done.error().message);
    if (done && written.failure().empty()) body += packed;
  }
  const bool nothing = written.unfits().size() == events.size() || !written.failure().empty();
  if (nothing) plain.resize(before);
  if (!nothing) key = std::move(begun);
  if (compressed && plain_.capacity() > tidegate::limits::kHttpBodyBytesKept) std::string().swap(plain_);
}

std::string_view ObjectWriter::content_type() const noexcept {
  const std::string_view encoding = compressor_.content_encoding();
  if (encoding == "gzip") return "application/gzip";
  if (encoding == "zstd") return "application/zstd";
  return lines_.content_type();
}

}  // namespace tidegate::aws_s3
