#include "connectors/aws_kinesis/service.h"

#include <fmt/format.h>

#include <utility>

#include "connectors/aws/batch_reply.h"
#include "connectors/aws/json_members.h"
#include "connectors/aws/sink.h"
#include "gateway/base/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws_kinesis {
namespace {

/// One more than the last hash key there is. *Source*: the Kinesis API reference, "HashKeyRange".
constexpr std::string_view kHashKeyBeyondAll = "340282366920938463463374607431768211456";
constexpr aws::BatchBounds kBounds{limits::kKinesisBatchEventsMax, limits::kKinesisBytesMax, "records", "Kinesis",
                                   "a request"};

}  // namespace

StreamService::StreamService(const SinkOptions& options, std::string route)
    : BatchService(aws::endpoint_of(options, "kinesis") + "/", kBounds), options_(options), fields_(std::move(route)) {
  if (options_.partition_key) partition_key_ = fields_.add(*options_.partition_key);
}

void StreamService::begin(http::Request& request) const {
  aws::begin_json_request("1.1", "Kinesis_20131202.PutRecords", url(), request);
  request.body = options_.stream.starts_with("arn:") ? R"({"StreamARN":)" : R"({"StreamName":)";
  append_json_string(options_.stream, request.body);
  request.body += R"(,"Records":[)";
}

Result<std::size_t> StreamService::append_entry(const OutEvent& event, std::size_t /*index*/, std::string& out) {
  fields_.read(event);
  if (const Status filled = fill_key(event.event); !filled) return filled.error();
  record_.clear();
  aws::append_body(options_.format, event.event, record_);
  const std::size_t bytes = record_.size() + key_.size();
  if (bytes > options_.max_record) {
    return Error{ErrorCode::invalid, fmt::format("the record has {} bytes, and the stream takes {} (max_record)", bytes,
                                                 options_.max_record)};
  }
  out += R"({"Data":")";
  append_base64(record_, out);
  out += '"';
  aws::append_text_member("PartitionKey", key_, out);
  out += '}';
  return bytes;
}

/// Puts the partition key of the event that was read into key_. *Errors*: why there is none.
Status StreamService::fill_key(const Event& event) {
  key_.clear();
  if (!partition_key_ || fields_.is_nothing(*partition_key_)) {
    key_ = event.subject.empty() ? event.id : event.subject;
  } else if (const Status filled = fields_.append(*partition_key_, key_, limits::kEventDataBytesMax); !filled) {
    return Error{ErrorCode::invalid, "partition_key: " + filled.error().message};
  }
  if (key_.empty() || key_.size() > limits::kKinesisKeyBytesMax) key_ = aws::token_of(key_);
  return {};
}

Settled StreamService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  return aws::judge_by_position(reply, events.size(), "Records", now);
}

/// A record for a place beyond all shards, which Kinesis refuses after it has looked at key, permission and stream.
bool StreamService::write_probe(http::Request& request) {
  begin(request);
  request.body += fmt::format(R"({{"Data":"","PartitionKey":"probe","ExplicitHashKey":"{}"}}]}})", kHashKeyBeyondAll);
  return true;
}

Status StreamService::judge_probe(const http::Reply& reply, WallTime now) {
  const std::string code = aws::read_error(reply).code;
  if (reply.status / 100 == 4 && (code == "InvalidArgument" || code == "Validation")) return {};
  if (reply.status / 100 == 2) return Error{ErrorCode::refused, "the answer is none of Kinesis'; see endpoint"};
  return aws::probe_failure(reply, now);
}

}  // namespace tidegate::aws_kinesis
