#pragma once

#include <optional>
#include <string>

#include "connectors/aws/batch_service.h"
#include "connectors/aws_kinesis/options.h"
#include "connectors/fields/text_fields.h"

namespace tidegate::aws_kinesis {

/// PutRecords. *Source*: the Kinesis API reference.
class StreamService final : public aws::BatchService {
 public:
  /// `route`: what ${route} stands for.
  explicit StreamService(const SinkOptions& options, std::string route = {});

  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const override;
  Result<std::size_t> append_entry(const OutEvent& event, std::size_t index, std::string& out) override;
  Status fill_key(const Event& event);

  const SinkOptions options_;
  fields::TextFields fields_;
  std::optional<fields::Field> partition_key_;
  std::string key_, record_;  ///< of one event
};

}  // namespace tidegate::aws_kinesis
