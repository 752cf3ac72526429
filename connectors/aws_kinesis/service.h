#pragma once

#include <optional>
#include <string>

#include "connectors/aws_kinesis/options.h"
#include "connectors/fields/text_fields.h"
#include "connectors/http/service.h"

namespace tidegate::aws_kinesis {

/// PutRecords. *Source*: the Kinesis API reference.
class StreamService final : public http::Service {
 public:
  /// `route`: what ${route} stands for.
  explicit StreamService(const SinkOptions& options, std::string route = {});

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  void write(http::Events events, http::Request& request, http::Written& written) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  [[nodiscard]] std::size_t reply_bytes_max() const noexcept override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const;
  Status fill_key(const Event& event);

  const SinkOptions options_;
  const std::string url_;
  fields::TextFields fields_;
  std::optional<fields::Field> partition_key_;
  std::string key_, record_;  ///< of one event
};

}  // namespace tidegate::aws_kinesis
