#pragma once

#include <cstdint>
#include <string>

#include "connectors/aws/options.h"
#include "connectors/compression/compressor.h"
#include "connectors/fields/text.h"
#include "connectors/lines/options.h"
#include "gateway/config/option_table.h"

namespace tidegate::aws_s3 {

enum class Addressing : std::uint8_t { automatic, virtual_host, path };
enum class Checksum : std::uint8_t { none, md5, sha256 };
enum class Encryption : std::uint8_t { bucket_default, s3, kms, kms_dsse };

struct EncryptionOptions {
  Encryption type = Encryption::bucket_default;
  std::string kms_key_id;  ///< of kms and kms_dsse; empty: the account's own key for S3
  bool bucket_key = false;
};

/// The options of one S3 sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : aws::AwsOptions {
  std::string bucket;
  Addressing addressing = Addressing::automatic;
  fields::Text key = "${route}/${time.date}";
  lines::Format format = lines::Format::cloudevents;
  lines::CsvOptions csv;
  Compression compression = Compression::none;
  Checksum checksum = Checksum::md5;
  std::string storage_class;  ///< empty: the bucket's
  EncryptionOptions encryption;
  std::string expected_owner;  ///< account id; empty: any
};

const OptionTableOf<SinkOptions>& sink_table();

/// The address of the bucket with a slash at its end: "https://archive.s3.eu-central-1.amazonaws.com/".
std::string bucket_url(const SinkOptions& options);

}  // namespace tidegate::aws_s3
