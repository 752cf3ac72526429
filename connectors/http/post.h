#pragma once

#include <string>

#include "connectors/compression/compressor.h"
#include "connectors/http/body.h"
#include "connectors/http/options.h"
#include "connectors/http/service.h"

namespace tidegate::http {

/// Any endpoint that takes events by POST, PUT or PATCH and answers with a status.
class PostService final : public Service {
 public:
  PostService(const SinkOptions& options, bool structured, Compressor compressor);

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return options_.url; }
  void write(Events events, Request& request, Written& written) override;
  void redact(std::string& text) const override;

 private:
  const SinkOptions options_;
  const bool structured_;
  Compressor compressor_;
  std::string plain_;  ///< the body before compression
};

std::string_view name_of(Method method) noexcept;

}  // namespace tidegate::http
