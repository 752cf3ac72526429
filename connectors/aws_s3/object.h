#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/auth/sha256.h"
#include "connectors/aws_s3/options.h"
#include "connectors/compression/compressor.h"
#include "connectors/connector.h"
#include "connectors/fields/text_fields.h"
#include "connectors/http/service.h"
#include "connectors/lines/line_writer.h"
#include "gateway/base/result.h"

namespace tidegate::aws_s3 {

/// Makes objects of batches, in memory that is used again. *Threads*: one user at a time.
class ObjectWriter {
 public:
  /// *Errors*: unavailable, when OpenSSL or a compressor has no memory.
  static Result<ObjectWriter> create(const SinkOptions& options, const std::string& route, std::string_view sink);

  /// A number for the part of the key that the event decides: events that belong into one object have the same.
  std::uint64_t destination(const OutEvent& event);
  /// Appends the events to the object with the key `key`, whose content ends with `body`; an empty `key` begins an
  /// object, and becomes its key. Events that have no line, or, as the first, no key, are `written.unfit`; when none is
  /// left, or when it `written.failed`, both stay as they were. The key is a function of the lane and of the object's
  /// first event, its place in the log included: what is sent again from the same event on overwrites what it repeats,
  /// and no other object has its key.
  void write(http::Events events, std::string& key, std::string& body, http::Written& written);

  /// Of the object as it is stored.
  [[nodiscard]] std::string_view content_type() const noexcept;

 private:
  ObjectWriter(const SinkOptions& options, std::string route, Compressor compressor, auth::Sha256 sha256);
  Status fill_key(const OutEvent& event);
  Status begin_key(const OutEvent& first, std::string& key);
  [[nodiscard]] bool add_hash(const OutEvent& first, std::string& key);

  fields::TextFields key_fields_;
  fields::Field key_;
  std::unique_ptr<fields::TextFields> fields_;  ///< of the lines, where the line writer finds it
  lines::LineWriter lines_;
  Compressor compressor_;
  auth::Sha256 sha256_;
  auth::Sha256Digest lane_hash_{};  ///< of route and sink: what two lanes make of the same events differs
  std::string ending_;              ///< ".ndjson.gz"
  std::string plain_, scratch_;
};

}  // namespace tidegate::aws_s3
