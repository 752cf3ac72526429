#include "connectors/aws_sqs/service.h"

#include <fmt/format.h>

#include <utility>

#include "connectors/aws/batch_reply.h"
#include "connectors/aws/error_reply.h"
#include "connectors/aws/json_members.h"
#include "connectors/aws/limits.h"
#include "connectors/aws/sink.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws_sqs {
namespace {

constexpr std::string_view kTarget = "AmazonSQS.SendMessageBatch";

void append_attributes(const std::vector<aws::Attributes::Filled>& attributes, std::string& out) {
  if (attributes.empty()) return;
  out += R"(,"MessageAttributes":{)";
  for (const auto& [name, value] : attributes) {
    if (out.back() != '{') out += ',';
    append_json_string(name, out);
    out += R"(:{"DataType":"String")";
    aws::append_text_member("StringValue", value, out);
    out += '}';
  }
  out += '}';
}

}  // namespace

QueueService::QueueService(const SinkOptions& options, std::string route)
    : options_(options),
      is_fifo_(is_fifo(options)),
      url_(aws::endpoint_of(options, "sqs") + "/"),
      fields_(std::move(route)),
      attributes_(options.attributes, fields_) {
  if (options_.group_id) group_ = fields_.add(*options_.group_id);
}

SinkLimits QueueService::limits() const noexcept { return aws::batch_limits(limits::kSqsBatchEventsMax); }

std::size_t QueueService::reply_bytes_max() const noexcept { return limits::kAwsBatchReplyBytesMax; }

void QueueService::begin(http::Request& request) const {
  aws::begin_json_request("1.0", kTarget, url_, request);
  request.body = R"({"QueueUrl":)";
  append_json_string(options_.queue_url, request.body);
  request.body += R"(,"Entries":[)";
}

void QueueService::write(http::Events events, http::Request& request, http::Written& written) {
  begin(request);
  std::string& body = request.body;
  std::size_t total = 0, entries = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::size_t start = body.size();
    if (entries != 0) body += ',';
    fields_.read(*events[i]);
    const Result<std::size_t> bytes = append_entry(events[i]->event, entries, body);
    if (!bytes) {
      body.resize(start);
      written.unfit(i, bytes.error().message);
      continue;
    }
    ++entries;
    total += *bytes;
  }
  body += "]}";
  if (total > limits::kSqsBytesMax) {
    written.too_large(
        fmt::format("the messages have {} bytes, and SQS takes {} in a batch", total, limits::kSqsBytesMax));
  }
}

/// Returns what SQS counts of the message. *Errors*: why the event cannot be one.
Result<std::size_t> QueueService::append_entry(const Event& event, std::size_t index, std::string& out) {
  text_.clear();
  aws::append_body(options_.format, event, text_);
  if (const std::string_view fault = aws::message_fault(text_); !fault.empty()) {
    return Error{ErrorCode::invalid, std::string(fault)};
  }
  const auto attributes = attributes_.fill();
  if (!attributes) return attributes.error();
  std::size_t bytes = text_.size();
  for (const auto& attribute : *attributes) bytes += aws::attribute_bytes(attribute);
  if (bytes > options_.max_message) {
    return Error{ErrorCode::invalid, fmt::format("the message has {} bytes, and the queue takes {} (max_message)",
                                                 bytes, options_.max_message)};
  }
  out += fmt::format(R"({{"Id":"{}")", index);
  aws::append_text_member("MessageBody", text_, out);
  append_attributes(*attributes, out);
  if (group_ && !fields_.is_nothing(*group_)) {
    std::string group;
    if (const Status filled = fields_.append(*group_, group, limits::kSqsBytesMax); !filled) {
      return Error{ErrorCode::invalid, "group_id: " + filled.error().message};
    }
    aws::append_text_member("MessageGroupId", aws::token_of(group), out);
  } else if (is_fifo_) {
    aws::append_text_member("MessageGroupId", aws::token_of(event.subject), out);
  }
  if (is_fifo_) aws::append_text_member("MessageDeduplicationId", aws::token_of(event.id), out);
  out += '}';
  return bytes;
}

Settled QueueService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  return aws::judge_by_id(reply, events.size(), now);
}

/// A batch of nothing: SQS looks at key, region, permission and queue before it says that it is empty.
bool QueueService::write_probe(http::Request& request) {
  begin(request);
  request.body += "]}";
  return true;
}

Status QueueService::judge_probe(const http::Reply& reply, WallTime now) {
  if (reply.status / 100 == 2 || aws::read_error(reply).code == "EmptyBatchRequest") return {};
  return aws::probe_failure(reply, now);
}

}  // namespace tidegate::aws_sqs
