#pragma once

#include <optional>
#include <string>

#include "connectors/aws/message.h"
#include "connectors/aws_sns/options.h"
#include "connectors/fields/text_fields.h"
#include "connectors/http/service.h"

namespace tidegate::aws_sns {

/// PublishBatch. *Source*: the SNS API reference, query protocol.
class TopicService final : public http::Service {
 public:
  /// `route`: what ${route} stands for.
  explicit TopicService(const SinkOptions& options, std::string route = {});

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  void write(http::Events events, http::Request& request, http::Written& written) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  [[nodiscard]] std::size_t reply_bytes_max() const noexcept override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const;
  Result<std::size_t> append_entry(const Event& event, std::size_t index, std::string& out);
  Status append_subject(const std::string& entry, std::string& out);
  Status append_group(const Event& event, const std::string& entry, std::string& out);

  const SinkOptions options_;
  const bool is_fifo_;
  const std::string url_;
  fields::TextFields fields_;
  std::optional<fields::Field> subject_, group_;
  aws::Attributes attributes_;
  std::string text_;  ///< of one message
};

}  // namespace tidegate::aws_sns
