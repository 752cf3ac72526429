#include "connectors/aws_s3/service.h"

#include <openssl/evp.h>

#include <array>

#include "connectors/auth/encoding.h"
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

}  // namespace

S3Service::S3Service(const SinkOptions& options, ObjectWriter writer)
    : options_(options),
      place_{options.bucket, options.region},
      url_(bucket_url(options)),
      writer_(std::move(writer)) {}

SinkLimits S3Service::limits() const noexcept {
  SinkLimits limits;
  limits.batch_events_max = limits::kBatchEventsMax;
  limits.batch_bytes_max = limits::kBatchBytesMax;
  limits.batches_in_flight_max = limits::kInFlightMax;
  return limits;
}

void S3Service::write(http::Events events, http::Request& request, http::Written& written) {
  writer_.write(events, key_, request.body, written);
  if (key_.empty() || !written.failure().empty()) return;
  request.method = "PUT";
  request.url = url_;
  append_path(key_, request.url);
  request.headers.add("Content-Type", writer_.content_type());
  if (!add_headers(request)) written.failed("OpenSSL has no MD5 (FIPS?): set checksum to sha256");
}

/// False: the checksum cannot be had.
bool S3Service::add_headers(http::Request& request) const {
  http::HeaderLines& headers = request.headers;
  if (options_.checksum != Checksum::none) {
    const bool md5 = options_.checksum == Checksum::md5;
    const std::string sum = digest_of(request.body, md5 ? EVP_md5() : EVP_sha256());
    if (sum.empty()) return false;
    headers.add(md5 ? "Content-MD5" : "x-amz-checksum-sha256", sum);
  }
  if (!options_.storage_class.empty()) headers.add("x-amz-storage-class", options_.storage_class);
  if (!options_.expected_owner.empty()) headers.add("x-amz-expected-bucket-owner", options_.expected_owner);
  const EncryptionOptions& encryption = options_.encryption;
  if (encryption.type == Encryption::bucket_default) return true;
  headers.add("x-amz-server-side-encryption", name_of(encryption.type));
  if (!encryption.kms_key_id.empty()) {
    headers.add("x-amz-server-side-encryption-aws-kms-key-id", encryption.kms_key_id);
  }
  if (encryption.bucket_key) headers.add("x-amz-server-side-encryption-bucket-key-enabled", "true");
  return true;
}

Settled S3Service::judge(const http::Reply& reply, http::Events events, WallTime now) {
  return judge_put(reply, events.size(), place_, now);
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
