#include "connectors/aws_sqs/service.h"

#include <fmt/format.h>

#include <utility>

#include "connectors/aws/batch_reply.h"
#include "connectors/aws/error_reply.h"
#include "connectors/aws/json_members.h"
#include "connectors/aws/sink.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws_sqs {
namespace {

constexpr std::string_view kTarget = "AmazonSQS.SendMessageBatch";
constexpr aws::BatchBounds kBounds{limits::kSqsBatchEventsMax, limits::kSqsBytesMax, "messages", "SQS", "a batch"};

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
    : BatchService(aws::endpoint_of(options, "sqs") + "/", kBounds),
      options_(options),
      is_fifo_(is_fifo(options.queue_url)),
      fields_(std::move(route)),
      attributes_(options.attributes, fields_) {
  if (options_.group_id) group_ = fields_.add(*options_.group_id);
}

void QueueService::begin(http::Request& request) const {
  aws::begin_json_request("1.0", kTarget, url(), request);
  request.body = R"({"QueueUrl":)";
  append_json_string(options_.queue_url, request.body);
  request.body += R"(,"Entries":[)";
}

Result<std::size_t> QueueService::append_entry(const OutEvent& out_event, std::size_t index, std::string& out) {
  const Event& event = out_event.event;
  fields_.read(out_event);
  if (const Status done = message_.fill(options_.format, event, attributes_, options_.max_message, "the queue");
      !done) {
    return done.error();
  }
  out += fmt::format(R"({{"Id":"{}")", index);
  aws::append_text_member("MessageBody", message_.text, out);
  append_attributes(message_.attributes, out);
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
  return message_.bytes;
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
