#include "connectors/aws_s3/options.h"

#include <algorithm>
#include <optional>

#include "connectors/aws_s3/aws_s3.h"

namespace tidegate {
namespace aws_s3 {
namespace {

/// S3 allows 3 to 63 of [a-z0-9.-]; other stores and old buckets more. What matters here is that it is one part of a
/// path.
Result<std::string> parse_bucket(std::string_view text) {
  const bool fits =
      text.size() >= 3 && text.size() <= 255 && text.front() != '.' && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_';
      });
  if (!fits)
    return Error{ErrorCode::invalid, "is no name of a bucket (write the name alone, without s3:// or a folder)"};
  return std::string(text);
}

/// It can be the first label of a host's name, and a wildcard certificate covers it.
bool is_label(std::string_view bucket) {
  return bucket.size() <= 63 && std::ranges::all_of(bucket, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool is_word(std::string_view text, std::string_view also) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || also.find(c) != also.npos;
  });
}

const OptionTableOf<EncryptionOptions>& encryption_table() {
  static const auto table =
      OptionTableOf<EncryptionOptions>("How S3 encrypts the objects at rest.")
          .choice("type", &EncryptionOptions::type,
                  {{"bucket_default", Encryption::bucket_default, "As the bucket says."},
                   {"s3", Encryption::s3, "With keys of S3 (AES256)."},
                   {"kms", Encryption::kms, "With a key of AWS KMS."},
                   {"kms_dsse", Encryption::kms_dsse, "With a key of AWS KMS, in two layers."}},
                  "Server-side encryption.")
          .option("kms_key_id", &EncryptionOptions::kms_key_id,
                  "Of types kms and kms_dsse: the key's id or ARN; not set: the account's own key for S3.")
          .option("bucket_key", &EncryptionOptions::bucket_key,
                  "Of type kms: spare requests to KMS by a key of the bucket's own.")
          .check([](const EncryptionOptions& o) -> std::optional<OptionFault> {
            const bool kms = o.type == Encryption::kms || o.type == Encryption::kms_dsse;
            if (!o.kms_key_id.empty() && !kms) return OptionFault{"kms_key_id", "needs type kms or kms_dsse"};
            if (o.bucket_key && o.type != Encryption::kms) return OptionFault{"bucket_key", "needs type kms"};
            if (!is_word(o.kms_key_id, ":/_-")) return OptionFault{"kms_key_id", "is no id and no ARN of a key"};
            return std::nullopt;
          });
  return table;
}

std::optional<OptionFault> check_sink(const SinkOptions& o) {
  if (auto fault = aws::aws_fault(o)) return fault;
  const std::string endpoint = aws::endpoint_of(o, "s3");
  if (endpoint.find('/', endpoint.find("//") + 2) != std::string::npos) {
    return OptionFault{"endpoint", "must end with the host (and port): the bucket and the key follow by themselves"};
  }
  if (!is_word(o.storage_class, "_")) return OptionFault{"storage_class", "is no class; write it as STANDARD_IA"};
  if (!std::ranges::all_of(o.expected_owner, [](char c) { return c >= '0' && c <= '9'; })) {
    return OptionFault{"expected_owner", "is no account id, which has 12 digits"};
  }
  if (o.addressing == Addressing::virtual_host && !is_label(o.bucket)) {
    return OptionFault{"addressing", "virtual_host needs a bucket whose name is lower case, digits and -; use path"};
  }
  return lines::check(o.format, o.csv);
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table =
      aws::add_aws(
          OptionTableOf<SinkOptions>("Puts events into Amazon S3, or a store that speaks like it, as objects.")
              .required_parsed("bucket", &SinkOptions::bucket, parse_bucket, "name of a bucket", "Where objects go.")
              .choice(
                  "addressing", &SinkOptions::addressing,
                  {{"auto", Addressing::automatic, "virtual_host at AWS where the bucket's name allows it, else path."},
                   {"virtual_host", Addressing::virtual_host, "https://BUCKET.HOST/KEY."},
                   {"path", Addressing::path, "https://HOST/BUCKET/KEY."}},
                  "Where the bucket's name stands.")
              .tree("key", &SinkOptions::key, fields::text_from, fields::kTextSyntax,
                    "Begins the key of an object; / makes folders. Events for which it differs go into different "
                    "objects. When it depends on more than the route and the time, an object holds one batch. "
                    "`/TIME-HASH.ndjson` is added, with `.csv` or `.gz` or `.zst` as it is.")
              .choice("format", &SinkOptions::format, lines::formats(), "How an event is written.")
              .section("csv", &SinkOptions::csv, lines::csv_table(), "With format `csv`: its columns.")
              .choice("compression", &SinkOptions::compression,
                      {{"none", Compression::none, "As they are."},
                       {"gzip", Compression::gzip, "gzip."},
                       {"zstd", Compression::zstd, "Zstandard: several times cheaper than gzip."}},
                      "How objects are compressed.")
              .choice("checksum", &SinkOptions::checksum,
                      {{"md5", Checksum::md5, "Content-MD5: known by every store."},
                       {"sha256", Checksum::sha256, "x-amz-checksum-sha256: kept with the object."},
                       {"none", Checksum::none, "The signature's own hash must do."}},
                      "What the store compares an object with. Buckets with Object Lock want one.")
              .option("storage_class", &SinkOptions::storage_class, "Such as STANDARD_IA or GLACIER_IR.")
              .default_text("the bucket's")
              .section("encryption", &SinkOptions::encryption, encryption_table(), "Encryption at rest.")
              .option("expected_owner", &SinkOptions::expected_owner,
                      "Account id of the bucket's owner: S3 refuses when the bucket is somebody else's."))
          .check(check_sink);
  return table;
}

std::string bucket_url(const SinkOptions& options) {
  const std::string origin = aws::endpoint_of(options, "s3");
  const bool in_host =
      options.addressing == Addressing::virtual_host ||
      (options.addressing == Addressing::automatic && options.endpoint.empty() && is_label(options.bucket));
  if (!in_host) return origin + '/' + options.bucket + '/';
  const std::size_t host = origin.find("//") + 2;
  return origin.substr(0, host) + options.bucket + '.' + origin.substr(host) + '/';
}

}  // namespace aws_s3

const OptionTable* aws_s3_sink_options() { return &aws_s3::sink_table(); }

Status check_aws_s3_sink_route(const std::any& options, const TopicFilter& route) {
  const auto& sink = std::any_cast<const aws_s3::SinkOptions&>(options);
  if (Status checked = fields::check_captures("key", sink.key, route); !checked) return checked;
  return fields::check_captures("csv.columns", sink.csv.columns, route);
}

}  // namespace tidegate
