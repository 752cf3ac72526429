#include "connectors/aws/sink.h"

#include <fmt/format.h>

#include "connectors/aws/limits.h"
#include "connectors/http/limits.h"

namespace tidegate::aws {

Result<Preview> preview(http::Service& service, const OutEvent& event) {
  const OutEvent* alone = &event;
  http::Request request;
  http::Written written;
  service.write(std::span(&alone, 1), request, written);
  for (const std::string* fault : {&written.failure(), &written.too_large_reason()}) {
    if (!fault->empty()) return Error{ErrorCode::invalid, *fault};
  }
  if (!written.unfits().empty()) return Error{ErrorCode::invalid, written.unfits().front().reason};
  Preview preview;
  preview.to = fmt::format("{} {}", request.method, request.url);
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const auto& [name, value] = request.headers.at(i);
    if (http::same_header(name, "Content-Type")) preview.content_type = value;
    if (http::same_header(name, "X-Amz-Target")) preview.to += fmt::format(" {}", value);
  }
  preview.body = std::move(request.body);
  return preview;
}

void begin_json_request(std::string_view version, std::string_view target, std::string_view url,
                        http::Request& request) {
  request.url = url;
  request.headers.add("Content-Type", fmt::format("application/x-amz-json-{}", version));
  request.headers.add("X-Amz-Target", target);
}

SinkLimits batch_limits(std::size_t events_max) noexcept {
  SinkLimits limits;
  limits.batch_events_max = events_max;
  limits.batch_bytes_max = limits::kHttpBatchBytesMax;
  limits.batches_in_flight_max = limits::kAwsInFlightMax;
  limits.takes_out_of_order = true;
  return limits;
}

}  // namespace tidegate::aws
