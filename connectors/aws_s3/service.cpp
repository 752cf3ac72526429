#include "connectors/aws_s3/service.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "connectors/auth/encoding.h"
#include "connectors/aws/xml.h"
#include "connectors/aws_s3/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws_s3 {
namespace {

constexpr std::string_view kNoUpload = "tidegate-check?uploadId=tidegate-check";
constexpr std::string_view kNoParts =
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"00000000000000000000000000000000\"</ETag></Part>"
    "</CompleteMultipartUpload>";

/// The key as it stands in an address: the slashes stay.
void append_path(std::string_view key, std::string& out) {
  for (;;) {
    const std::size_t slash = key.find('/');
    auth::append_percent_encoded(key.substr(0, slash), out);
    if (slash == std::string_view::npos) return;
    out += '/';
    key.remove_prefix(slash + 1);
  }
}

/// Base64 of the digest; empty when OpenSSL has no such algorithm (MD5, where FIPS rules).
std::string digest_of(std::string_view body, const EVP_MD* algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(body.data(), body.size(), digest.data(), &size, algorithm, nullptr) != 1) return {};
  std::string text;
  append_base64({reinterpret_cast<const char*>(digest.data()), size}, text);
  return text;
}

std::string_view name_of(Encryption type) {
  switch (type) {
    case Encryption::bucket_default: break;
    case Encryption::s3: return "AES256";
    case Encryption::kms: return "aws:kms";
    case Encryption::kms_dsse: return "aws:kms:dsse";
  }
  return {};
}

constexpr std::string_view kNoMd5 = "OpenSSL has no MD5 (FIPS?): set checksum to sha256";

/// Where objects go depends on nothing of an event but its time.
bool is_one_place(const fields::Text& key) {
  return std::ranges::all_of(key.filled().placeholders(), [](const Placeholder* placeholder) {
    return placeholder->kind == Placeholder::Kind::time || placeholder->kind == Placeholder::Kind::route;
  });
}

}  // namespace

S3Service::S3Service(const SinkOptions& options, ObjectWriter writer)
    : options_(options),
      place_{options.bucket, options.region},
      url_(bucket_url(options)),
      gathers_(is_one_place(options.key)),
      writer_(std::move(writer)) {}

SinkLimits S3Service::limits() const noexcept {
  SinkLimits limits;
  limits.gathers = gathers_;
  limits.batch_events_max = gathers_ ? limits::kBatchEventsMax : limits::kObjectEventsMax;
  limits.batch_bytes_max = gathers_ ? limits::kBatchBytesMax : limits::kObjectBytesMax;
  limits.batches_in_flight_max = gathers_ ? 1 : limits::kInFlightMax;
  return limits;
}

void S3Service::write(http::Events events, http::Request& request, http::Written& written) {
  key_.clear();
  writer_.write(events, key_, request.body, written);
  if (key_.empty()) return;
  if (!write_object(key_, request)) written.failed(std::string(kNoMd5));
}

void S3Service::write_batch(const Batch& batch, http::Request& request, http::Written& written) {
  if (!gathers_) return write(batch.events, request, written);
  object_.drop_trial();
  more_ = batch.more;
  // Memory that is not used takes none; grown step by step it would take twice what it needs.
  if (more_) object_.content.reserve(limits::kPartBytesMin + limits::kPartReserveBytes);
  const bool begins = object_.key.empty();
  writer_.write(batch.events, object_.key, object_.content, written);
  const bool nothing = !batch.events.empty() && written.unfits().size() == batch.events.size();
  if (nothing || !written.failure().empty()) return;
  if (object_.key.empty()) return written.failed("the sink holds nothing that could end");
  if (begins) object_.begun();
  if (more_ && object_.content.size() < limits::kPartBytesMin) {
    object_.keep();
    return written.hold();
  }
  bool can = true;
  if (!more_ && object_.upload.empty()) {
    step_ = Step::put_object;
    request.borrowed = object_.content;
    can = write_object(object_.key, request);
  } else if (object_.upload.empty()) {
    write_create(request);
  } else if (!object_.content.empty()) {
    can = write_part(request);
  } else {
    write_complete(request);
  }
  if (!can) written.failed(std::string(kNoMd5));
}

bool S3Service::write_next(const http::Reply& reply, http::Request& request) {
  if (!gathers_ || reply.cut || reply.status < 200 || reply.status >= 300) return false;
  if (step_ == Step::create_upload) {
    std::string id = aws::element_text(reply.body, "UploadId");
    if (id.empty() || id.size() > limits::kUploadIdBytesMax) return false;
    object_.upload_begun(std::move(id));
    return write_part(request);
  }
  const std::string_view etag = reply.header("ETag");
  if (step_ != Step::upload_part || etag.empty() || etag.size() > limits::kETagBytesMax) return false;
  object_.part_taken({std::string(etag), sha256_});
  if (more_) return false;
  write_complete(request);
  return true;
}

void S3Service::address(std::string_view key, std::string_view query, http::Request& request) const {
  request.url = url_;
  append_path(key, request.url);
  request.url += query;
  if (!options_.expected_owner.empty()) request.headers.add("x-amz-expected-bucket-owner", options_.expected_owner);
}

/// The request's content is there already. False: its checksum cannot be had.
bool S3Service::write_object(std::string_view key, http::Request& request) {
  request.method = "PUT";
  address(key, "", request);
  add_object_headers(request);
  return add_checksum(request);
}

void S3Service::write_create(http::Request& request) {
  step_ = Step::create_upload;
  address(object_.key, "?uploads", request);
  add_object_headers(request);
  if (options_.checksum == Checksum::sha256) request.headers.add("x-amz-checksum-algorithm", "SHA256");
}

bool S3Service::write_part(http::Request& request) {
  step_ = Step::upload_part;
  request.method = "PUT";
  request.borrowed = object_.content;
  std::string query = fmt::format("?partNumber={}&uploadId=", object_.next_part());
  auth::append_percent_encoded(object_.upload, query);
  address(object_.key, query, request);
  return add_checksum(request);
}

void S3Service::write_complete(http::Request& request) {
  step_ = Step::complete_upload;
  std::string query = "?uploadId=";
  auth::append_percent_encoded(object_.upload, query);
  address(object_.key, query, request);
  request.headers.add("Content-Type", "application/xml");
  request.body = object_.list_of_parts();
}

/// False: OpenSSL has no such algorithm.
bool S3Service::add_checksum(http::Request& request) {
  sha256_.clear();
  if (options_.checksum == Checksum::none) return true;
  const bool md5 = options_.checksum == Checksum::md5;
  const std::string sum = digest_of(request.content(), md5 ? EVP_md5() : EVP_sha256());
  if (sum.empty()) return false;
  request.headers.add(md5 ? "Content-MD5" : "x-amz-checksum-sha256", sum);
  if (!md5) sha256_ = sum;
  return true;
}

void S3Service::add_object_headers(http::Request& request) const {
  http::HeaderLines& headers = request.headers;
  headers.add("Content-Type", writer_.content_type());
  if (!options_.storage_class.empty()) headers.add("x-amz-storage-class", options_.storage_class);
  const EncryptionOptions& encryption = options_.encryption;
  if (encryption.type == Encryption::bucket_default) return;
  headers.add("x-amz-server-side-encryption", name_of(encryption.type));
  if (!encryption.kms_key_id.empty()) {
    headers.add("x-amz-server-side-encryption-aws-kms-key-id", encryption.kms_key_id);
  }
  if (encryption.bucket_key) headers.add("x-amz-server-side-encryption-bucket-key-enabled", "true");
}

Settled S3Service::judge(const http::Reply& reply, http::Events events, WallTime now) {
  if (!gathers_) return judge_put(reply, events.size(), place_, now);
  if (step_ == Step::upload_part && object_.has_part_on_trial()) {
    object_.keep();
    return http::settled({{Fate::held, {}}, Cause::none, std::nullopt});
  }
  Settled settled;
  switch (step_) {
    case Step::put_object: settled = judge_put(reply, events.size(), place_, now); break;
    case Step::complete_upload: settled = judge_complete(reply, events.size(), place_, now); break;
    case Step::create_upload:
    case Step::upload_part: settled = judge_step(reply, events.size(), place_, now); break;
  }
  if (settled.cause == Cause::too_large && (object_.has_kept() || step_ != Step::put_object)) {
    // It is not this batch that is too large, and without it the rest would be so still.
    Outcome& outcome = settled.outcomes.front();
    outcome = {Fate::retry, outcome.reason + "; set batch.max_bytes below what is taken at once on the way to S3"};
    settled.cause = Cause::peer_down;
  }
  if (settled.cause == Cause::undone && !object_.has_kept()) {
    object_.upload.clear();
    settled.cause = Cause::peer_down;
  }
  if (settled.cause == Cause::undone || settled.outcomes.front().fate == Fate::delivered) object_.clear();
  return settled;
}

bool S3Service::write_probe(http::Request& request) {
  request.url = url_;
  request.url += kNoUpload;
  request.body = kNoParts;
  request.headers.add("Content-Type", "application/xml");
  if (!options_.expected_owner.empty()) request.headers.add("x-amz-expected-bucket-owner", options_.expected_owner);
  return true;
}

Status S3Service::judge_probe(const http::Reply& reply, WallTime now) {
  return aws_s3::judge_probe(reply, place_, now);
}

}  // namespace tidegate::aws_s3
