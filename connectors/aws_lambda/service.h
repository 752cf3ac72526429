#pragma once

#include <string>

#include "connectors/aws_lambda/options.h"
#include "connectors/http/service.h"

namespace tidegate::aws_lambda {

/// Invoke. *Source*: the Lambda API reference.
class FunctionService final : public http::Service {
 public:
  explicit FunctionService(const SinkOptions& options);

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  void write(http::Events events, http::Request& request, http::Written& written) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(const char* invocation, http::Request& request) const;

  const SinkOptions options_;
  const std::string url_;
};

}  // namespace tidegate::aws_lambda
