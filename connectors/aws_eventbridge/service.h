#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/aws_eventbridge/options.h"
#include "connectors/fields/text_fields.h"
#include "connectors/http/service.h"

namespace tidegate::aws_eventbridge {

/// PutEvents. *Source*: the EventBridge API reference.
class BusService final : public http::Service {
 public:
  /// `route`: what ${route} stands for.
  explicit BusService(const SinkOptions& options, std::string route = {});

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  void write(http::Events events, http::Request& request, http::Written& written) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  [[nodiscard]] std::size_t reply_bytes_max() const noexcept override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  Result<std::size_t> append_entry(const Event& event, std::string& out);
  Status append_field(std::string_view name, fields::Field field, std::size_t bytes_max, std::string& out,
                      std::size_t& bytes);
  Status append_resources(std::string& out, std::size_t& bytes);

  const SinkOptions options_;
  const std::string url_;
  fields::TextFields fields_;
  const fields::Field source_, detail_type_;
  std::vector<fields::Field> resources_;
  std::optional<fields::Field> trace_header_;
  std::string text_;  ///< of one field
};

}  // namespace tidegate::aws_eventbridge
