#pragma once

#include <string>

#include "connectors/aws/batch_service.h"
#include "connectors/aws_firehose/options.h"

namespace tidegate::aws_firehose {

/// PutRecordBatch. *Source*: the Firehose API reference.
class DeliveryStreamService final : public aws::BatchService {
 public:
  explicit DeliveryStreamService(const SinkOptions& options);

  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const override;
  Result<std::size_t> append_entry(const OutEvent& event, std::size_t index, std::string& out) override;

  const SinkOptions options_;
  std::string record_;  ///< of one event
};

}  // namespace tidegate::aws_firehose
