#pragma once

#include <memory>
#include <string>

#include "connectors/aws_s3/object.h"
#include "connectors/aws_s3/options.h"
#include "connectors/aws_s3/reply.h"
#include "connectors/http/service.h"

namespace tidegate::aws_s3 {

/// A batch is an object.
class S3Service final : public http::Service {
 public:
  S3Service(const SinkOptions& options, ObjectWriter writer);

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  [[nodiscard]] std::uint64_t destination(const OutEvent& event) override { return writer_.destination(event); }
  void write(http::Events events, http::Request& request, http::Written& written) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  /// Completes an upload that does not exist: it takes the permission that PutObject takes, and leaves nothing behind.
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  [[nodiscard]] bool add_headers(http::Request& request) const;

  const SinkOptions options_;
  const Place place_;
  const std::string url_;  ///< of the bucket
  ObjectWriter writer_;
  std::string key_;  ///< scratch
};

}  // namespace tidegate::aws_s3
