#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/aws/batch_service.h"
#include "connectors/aws_eventbridge/options.h"
#include "connectors/fields/text_fields.h"

namespace tidegate::aws_eventbridge {

/// PutEvents. *Source*: the EventBridge API reference.
class BusService final : public aws::BatchService {
 public:
  /// `route`: what ${route} stands for.
  explicit BusService(const SinkOptions& options, std::string route = {});

  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const override;
  Result<std::size_t> append_entry(const OutEvent& event, std::size_t index, std::string& out) override;
  Status append_field(std::string_view name, fields::Field field, std::size_t bytes_max, std::string& out,
                      std::size_t& bytes);
  Status append_resources(std::string& out, std::size_t& bytes);

  const SinkOptions options_;
  fields::TextFields fields_;
  const fields::Field source_, detail_type_;
  std::vector<fields::Field> resources_;
  std::optional<fields::Field> trace_header_;
  std::string text_;  ///< of one field
};

}  // namespace tidegate::aws_eventbridge
