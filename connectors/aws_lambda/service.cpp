#include "connectors/aws_lambda/service.h"

#include <fmt/format.h>

#include "connectors/auth/encoding.h"
#include "connectors/aws/error_reply.h"
#include "connectors/aws/limits.h"
#include "connectors/aws/sink.h"
#include "connectors/aws_lambda/limits.h"
#include "connectors/http/body.h"
#include "connectors/http/limits.h"
#include "gateway/event/cloud_events.h"

namespace tidegate::aws_lambda {
namespace {

std::string url_of(const SinkOptions& options) {
  std::string url = aws::endpoint_of(options, "lambda") + "/2015-03-31/functions/";
  auth::append_percent_encoded(options.function, url);
  url += "/invocations";
  if (!options.qualifier.empty()) {
    url += "?Qualifier=";
    auth::append_percent_encoded(options.qualifier, url);
  }
  return url;
}

}  // namespace

FunctionService::FunctionService(const SinkOptions& options) : options_(options), url_(url_of(options)) {}

SinkLimits FunctionService::limits() const noexcept {
  SinkLimits limits =
      aws::batch_limits(options_.format == Payload::cloudevents_batch ? limits::kLambdaBatchEventsMax : 1);
  limits.takes_out_of_order = false;  // an invocation stands or falls as a whole
  return limits;
}

void FunctionService::begin(const char* invocation, http::Request& request) const {
  request.url = url_;
  request.headers.add("Content-Type", "application/json");
  request.headers.add("X-Amz-Invocation-Type", invocation);
}

void FunctionService::write(http::Events events, http::Request& request, http::Written& written) {
  const bool waits = options_.invocation == Invocation::request_response;
  begin(waits ? "RequestResponse" : "Event", request);
  if (options_.format == Payload::raw) {
    append_payload_as_json(events.front()->event, request.body);
  } else {
    http::write_body(http::Format::cloudevents, options_.format == Payload::cloudevents, events, request.body);
  }
  const std::size_t bytes_max = waits ? limits::kLambdaSyncBytesMax : limits::kLambdaAsyncBytesMax;
  if (request.body.size() > bytes_max) {
    written.too_large(fmt::format("the payload has {} bytes, and Lambda takes {} in an invocation of type {}",
                                  request.body.size(), bytes_max, waits ? "RequestResponse" : "Event"));
  }
}

Settled FunctionService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  if (reply.code != CURLE_OK || reply.status / 100 != 2) {
    return http::settled(aws::judge_refusal(reply, events.size(), now));
  }
  const std::string_view kind = reply.header("X-Amz-Function-Error");
  if (!kind.empty()) {
    std::string reason = fmt::format("the function failed ({}): {}", http::excerpt(kind, limits::kAwsCodeBytesMax),
                                     http::excerpt(reply.body, limits::kHttpExcerptBytesMax));
    if (options_.on_function_error == OnFunctionError::retry) {
      return http::settled({{Fate::retry, std::move(reason)}, Cause::peer_down, std::nullopt});
    }
    const Fate fate = events.size() == 1 ? Fate::rejected : Fate::retry;
    return http::settled({{fate, std::move(reason)}, Cause::poison_suspected, std::nullopt});
  }
  const long expected = options_.invocation == Invocation::event ? 202 : 200;
  if (reply.status == expected) return http::settled({{Fate::delivered, {}}, Cause::none, std::nullopt});
  return http::settled({{Fate::unknown, fmt::format("HTTP {}, and Lambda says {}", reply.status, expected)},
                        Cause::peer_down,
                        std::nullopt});
}

bool FunctionService::write_probe(http::Request& request) {
  begin("DryRun", request);
  request.body = "{}";
  return true;
}

Status FunctionService::judge_probe(const http::Reply& reply, WallTime now) {
  if (reply.status == 204) return {};
  if (reply.status / 100 == 2) return Error{ErrorCode::refused, "the answer is none of Lambda's; see endpoint"};
  return aws::probe_failure(reply, now);
}

}  // namespace tidegate::aws_lambda
