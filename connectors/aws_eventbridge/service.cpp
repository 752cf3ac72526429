#include "connectors/aws_eventbridge/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "connectors/aws/batch_reply.h"
#include "connectors/aws/json_members.h"
#include "connectors/aws/sink.h"
#include "connectors/aws_eventbridge/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws_eventbridge {
namespace {

constexpr aws::BatchBounds kBounds{limits::kEventBridgeBatchEventsMax, limits::kEventBridgeBytesMax, "events",
                                   "EventBridge", "a request"};

bool is_object(std::string_view text) noexcept { return is_embeddable_json(text) && JsonItems(text).is_object(); }

}  // namespace

BusService::BusService(const SinkOptions& options, std::string route)
    : BatchService(aws::endpoint_of(options, "events") + "/", kBounds),
      options_(options),
      fields_(std::move(route)),
      source_(fields_.add(options.source)),
      detail_type_(fields_.add(options.detail_type)) {
  for (const fields::Text& resource : options.resources.entries) resources_.push_back(fields_.add(resource));
  if (options.trace_header) trace_header_ = fields_.add(*options.trace_header);
}

void BusService::begin(http::Request& request) const {
  aws::begin_json_request("1.1", "AWSEvents.PutEvents", url(), request);
  request.body = R"({"Entries":[)";
}

Result<std::size_t> BusService::append_entry(const OutEvent& out_event, std::size_t /*index*/, std::string& out) {
  const Event& event = out_event.event;
  fields_.read(out_event);
  std::size_t bytes = limits::kEventBridgeTimeBytes;
  const auto since_1970 = std::chrono::duration_cast<milliseconds>(event.time.time_since_epoch()).count();
  const auto ms = std::max<decltype(since_1970)>(since_1970, 0);
  out += fmt::format(R"({{"Time":{}.{:03})", ms / 1000, ms % 1000);
  aws::append_text_member("EventBusName", options_.bus, out);
  if (Status done = append_field("Source", source_, limits::kEventBridgeSourceBytesMax, out, bytes); !done) {
    return done.error();
  }
  if (text_.starts_with("aws.")) return Error{ErrorCode::invalid, "the source begins with \"aws.\""};
  if (Status done = append_field("DetailType", detail_type_, limits::kEventBridgeDetailTypeBytesMax, out, bytes);
      !done) {
    return done.error();
  }
  if (Status done = append_resources(out, bytes); !done) return done.error();
  if (trace_header_ && !fields_.is_nothing(*trace_header_)) {
    std::size_t uncounted = 0;
    const Status done = append_field("TraceHeader", *trace_header_, limits::kEventBridgeTraceBytesMax, out, uncounted);
    if (!done) return done.error();
  }
  text_.clear();
  aws::append_body(options_.format, event, text_);
  if (options_.format == aws::Format::raw && !is_object(text_)) {
    return Error{ErrorCode::invalid, "the payload is no JSON object, which detail must be; use format cloudevents"};
  }
  aws::append_text_member("Detail", text_, out);
  out += '}';
  bytes += text_.size();
  if (bytes > limits::kEventBridgeBytesMax) {
    return Error{ErrorCode::invalid,
                 fmt::format("the event has {} bytes, and EventBridge takes {}", bytes, limits::kEventBridgeBytesMax)};
  }
  return bytes;
}

/// Leaves the text in text_, too. *Errors*: names the field.
Status BusService::append_field(std::string_view name, fields::Field field, std::size_t bytes_max, std::string& out,
                                std::size_t& bytes) {
  text_.clear();
  if (const Status filled = fields_.append(field, text_, bytes_max); !filled) {
    return Error{ErrorCode::invalid, fmt::format("{}: {}", name, filled.error().message)};
  }
  if (text_.empty()) return Error{ErrorCode::invalid, fmt::format("{} is empty", name)};
  aws::append_text_member(name, text_, out);
  bytes += text_.size();
  return {};
}

Status BusService::append_resources(std::string& out, std::size_t& bytes) {
  if (resources_.empty()) return {};
  out += R"(,"Resources":[)";
  for (const fields::Field resource : resources_) {
    if (fields_.is_nothing(resource)) continue;
    text_.clear();
    if (const Status filled = fields_.append(resource, text_, limits::kEventBridgeResourceBytesMax); !filled) {
      return Error{ErrorCode::invalid, "resources: " + filled.error().message};
    }
    if (out.back() != '[') out += ',';
    append_json_string(text_, out);
    bytes += text_.size();
  }
  out += ']';
  return {};
}

Settled BusService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  return aws::judge_by_position(reply, events.size(), "Entries", now);
}

/// An event whose detail is no JSON, which EventBridge refuses after it has looked at the key, the bus and the
/// permission: PutEvents has no dry run.
bool BusService::write_probe(http::Request& request) {
  begin(request);
  request.body += R"({"Source":"tidegate.probe","DetailType":"probe","Detail":"none")";
  aws::append_text_member("EventBusName", options_.bus, request.body);
  request.body += "}]}";
  return true;
}

Status BusService::judge_probe(const http::Reply& reply, WallTime now) {
  if (reply.status / 100 != 2) return aws::probe_failure(reply, now);
  const std::string_view body = reply.body;
  if (!is_embeddable_json(body)) return Error{ErrorCode::refused, "the answer is none of EventBridge's; see endpoint"};
  JsonItems entries(aws::member(body, "Entries"));
  if (!entries.is_array() || !entries.next()) {
    return Error{ErrorCode::refused, "the answer is none of EventBridge's; see endpoint"};
  }
  const aws::ServiceError error = aws::service_error(aws::text_member(entries.value(), "ErrorCode"),
                                                     aws::text_member(entries.value(), "ErrorMessage"));
  const aws::Meaning meaning = aws::meaning_of(error.code);
  if (meaning == aws::Meaning::unauthorized || meaning == aws::Meaning::wrong_target) {
    return Error{ErrorCode::refused, aws::words_of(error)};
  }
  return {};
}

}  // namespace tidegate::aws_eventbridge
