#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/aws/batch_service.h"
#include "connectors/aws/message.h"
#include "connectors/aws_sqs/options.h"
#include "connectors/fields/text_fields.h"

namespace tidegate::aws_sqs {

/// SendMessageBatch. *Source*: the SQS API reference, JSON protocol.
class QueueService final : public aws::BatchService {
 public:
  /// `route`: what ${route} stands for.
  explicit QueueService(const SinkOptions& options, std::string route = {});

  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const override;
  Result<std::size_t> append_entry(const OutEvent& event, std::size_t index, std::string& out) override;

  const SinkOptions options_;
  const bool is_fifo_;
  fields::TextFields fields_;
  std::optional<fields::Field> group_;
  aws::Attributes attributes_;
  aws::Message message_;
};

}  // namespace tidegate::aws_sqs
