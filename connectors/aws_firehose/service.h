#pragma once

#include <string>

#include "connectors/aws_firehose/options.h"
#include "connectors/http/service.h"

namespace tidegate::aws_firehose {

/// PutRecordBatch. *Source*: the Firehose API reference.
class DeliveryStreamService final : public http::Service {
 public:
  explicit DeliveryStreamService(const SinkOptions& options);

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  void write(http::Events events, http::Request& request, http::Written& written) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  [[nodiscard]] std::size_t reply_bytes_max() const noexcept override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const;

  const SinkOptions options_;
  const std::string url_;
  std::string record_;  ///< of one event
};

}  // namespace tidegate::aws_firehose
