#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "connectors/aws_s3/assembly.h"
#include "connectors/aws_s3/object.h"
#include "connectors/aws_s3/options.h"
#include "connectors/aws_s3/reply.h"
#include "connectors/http/service.h"

namespace tidegate::aws_s3 {

/// An object is made of many batches, where all events have one destination but for their time: it goes up in parts as
/// it grows, or as a whole when it stays small. Otherwise a batch is an object.
class S3Service final : public http::Service {
 public:
  S3Service(const SinkOptions& options, ObjectWriter writer);

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  [[nodiscard]] std::uint64_t destination(const OutEvent& event) override { return writer_.destination(event); }
  /// A batch that is an object.
  void write(http::Events events, http::Request& request, http::Written& written) override;
  void write_batch(const Batch& batch, http::Request& request, http::Written& written) override;
  bool write_next(const http::Reply& reply, http::Request& request) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  /// Completes an upload that does not exist: it takes the permission that PutObject takes, and leaves nothing behind.
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  /// The request under way.
  enum class Step : std::uint8_t { put_object, create_upload, upload_part, complete_upload };

  [[nodiscard]] bool write_object(std::string_view key, http::Request& request);
  void write_create(http::Request& request);
  [[nodiscard]] bool write_part(http::Request& request);
  void write_complete(http::Request& request);
  void address(std::string_view key, std::string_view query, http::Request& request) const;
  [[nodiscard]] bool add_checksum(http::Request& request);
  void add_object_headers(http::Request& request) const;

  const SinkOptions options_;
  const Place place_;
  const std::string url_;  ///< of the bucket
  const bool gathers_;
  ObjectWriter writer_;
  std::string key_;  ///< scratch
  Assembly object_;
  Step step_ = Step::put_object;
  bool more_ = false;   ///< Batch::more of the batch under way
  std::string sha256_;  ///< that the request under way announces, in base64; empty: none
};

}  // namespace tidegate::aws_s3
