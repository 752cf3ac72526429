#pragma once

#include <optional>
#include <string>

#include "connectors/aws/batch_service.h"
#include "connectors/aws/message.h"
#include "connectors/aws_sns/options.h"
#include "connectors/fields/text_fields.h"

namespace tidegate::aws_sns {

/// PublishBatch. *Source*: the SNS API reference, query protocol.
class TopicService final : public aws::BatchService {
 public:
  /// `route`: what ${route} stands for.
  explicit TopicService(const SinkOptions& options, std::string route = {});

  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const override;
  Result<std::size_t> append_entry(const OutEvent& event, std::size_t index, std::string& out) override;
  Status append_subject(const std::string& entry, std::string& out);
  Status append_group(const Event& event, const std::string& entry, std::string& out);

  const SinkOptions options_;
  const bool is_fifo_;
  fields::TextFields fields_;
  std::optional<fields::Field> subject_, group_;
  aws::Attributes attributes_;
  aws::Message message_;
};

}  // namespace tidegate::aws_sns
