#include "connectors/http/post.h"

#include "connectors/auth/make_auth.h"
#include "connectors/http/http.h"
#include "connectors/http/limits.h"
#include "connectors/http/sink.h"
#include "gateway/delivery/options.h"
#include "gateway/event/cloud_events.h"

namespace tidegate::http {

PostService::PostService(const SinkOptions& options, bool structured, Compressor compressor)
    : options_(options), structured_(structured), compressor_(std::move(compressor)) {}

SinkLimits PostService::limits() const noexcept {
  SinkLimits limits;
  limits.batch_events_max = is_batched(options_.format) && !structured_ ? limits::kHttpBatchEventsMax : 1;
  limits.batch_bytes_max = limits::kHttpBatchBytesMax;
  limits.batches_in_flight_max = limits::kHttpInFlightMax;
  return limits;
}

void PostService::write(Events events, Request& request, Written& written) {
  const bool compressed = !compressor_.content_encoding().empty();
  std::string& plain = compressed ? plain_ : request.body;
  write_body(options_.format, structured_, events, plain);
  if (compressed) {
    if (const Status done = compressor_.compress(plain, request.body); !done)
      return written.failed(done.error().message);
    if (plain_.capacity() > limits::kHttpBodyBytesKept) std::string().swap(plain_);
  }
  request.method = name_of(options_.method);
  request.url = options_.url;
  HeaderLines& headers = request.headers;
  for (const auto& [name, value] : options_.headers) headers.add(name, value);
  const auto add_unless_set = [&headers](std::string_view name, std::string_view value) {
    if (!headers.has(name)) headers.add(name, value);
  };
  const OutEvent& first = *events.front();
  if (options_.format == Format::cloudevents_binary) {
    for (const auto& [name, value] : cloud_event_headers(first.event)) add_unless_set(name, value);
  } else {
    add_unless_set("Content-Type", body_content_type(options_.format, structured_, first));
  }
  if (compressed) headers.add("Content-Encoding", compressor_.content_encoding());
  headers.add("Idempotency-Key", request.key);
}

void PostService::redact(std::string& text) const {
  for (const auto& header : options_.headers) {
    if (header.second.size() >= limits::kHttpSecretBytesMin) blank_out(text, header.second);
  }
}

std::string_view name_of(Method method) noexcept {
  switch (method) {
    case Method::post: break;
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
  }
  return "POST";
}

}  // namespace tidegate::http

namespace tidegate {

const OptionTable* http_sink_options() { return &http::sink_table(); }

Result<std::unique_ptr<Sink>> make_http_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const http::SinkOptions&>(any_options);
  auto compressor = Compressor::create(options.compression);
  if (!compressor) return std::move(compressor).error();
  auto auth = auth::make_auth(options.auth, options);
  if (!auth) return std::move(auth).error();
  const bool structured = options.format == http::Format::cloudevents && context.delivery != nullptr &&
                          context.delivery->batch.max_events == 1;
  return http::HttpSink::create(context, options,
                                std::make_unique<http::PostService>(options, structured, *std::move(compressor)),
                                *std::move(auth));
}

}  // namespace tidegate
