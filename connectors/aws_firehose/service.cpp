#include "connectors/aws_firehose/service.h"

#include <fmt/format.h>

#include "connectors/aws/batch_reply.h"
#include "connectors/aws/sink.h"
#include "connectors/aws_firehose/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws_firehose {
namespace {

constexpr aws::BatchBounds kBounds{limits::kFirehoseBatchEventsMax, limits::kFirehoseBytesMax, "records", "Firehose",
                                   "a request"};

}  // namespace

DeliveryStreamService::DeliveryStreamService(const SinkOptions& options)
    : BatchService(aws::endpoint_of(options, "firehose") + "/", kBounds), options_(options) {}

void DeliveryStreamService::begin(http::Request& request) const {
  aws::begin_json_request("1.1", "Firehose_20150804.PutRecordBatch", url(), request);
  request.body = R"({"DeliveryStreamName":)";
  append_json_string(options_.stream, request.body);
  request.body += R"(,"Records":[)";
}

Result<std::size_t> DeliveryStreamService::append_entry(const OutEvent& event, std::size_t /*index*/,
                                                        std::string& out) {
  record_.clear();
  aws::append_body(options_.format, event.event, record_);
  if (options_.newline) record_ += '\n';
  if (record_.size() > limits::kFirehoseRecordBytesMax) {
    return Error{ErrorCode::invalid, fmt::format("the record has {} bytes, and Firehose takes {}", record_.size(),
                                                 limits::kFirehoseRecordBytesMax)};
  }
  if (record_.empty()) return Error{ErrorCode::invalid, "the payload is empty, and Firehose takes no empty record"};
  out += R"({"Data":")";
  append_base64(record_, out);
  out += R"("})";
  return record_.size();
}

Settled DeliveryStreamService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  return aws::judge_by_position(reply, events.size(), "RequestResponses", now);
}

/// A batch of nothing, which Firehose refuses once the signature is right. It does not get as far as the stream.
bool DeliveryStreamService::write_probe(http::Request& request) {
  begin(request);
  request.body += "]}";
  return true;
}

Status DeliveryStreamService::judge_probe(const http::Reply& reply, WallTime now) {
  const std::string code = aws::read_error(reply).code;
  if (reply.status / 100 == 4 && (code == "InvalidArgument" || code == "Validation")) return {};
  if (reply.status / 100 == 2) return Error{ErrorCode::refused, "the answer is none of Firehose's; see endpoint"};
  return aws::probe_failure(reply, now);
}

}  // namespace tidegate::aws_firehose
