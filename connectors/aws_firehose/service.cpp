#include "connectors/aws_firehose/service.h"

#include <fmt/format.h>

#include "connectors/aws/batch_reply.h"
#include "connectors/aws/limits.h"
#include "connectors/aws/sink.h"
#include "connectors/aws_firehose/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws_firehose {

DeliveryStreamService::DeliveryStreamService(const SinkOptions& options)
    : options_(options), url_(aws::endpoint_of(options, "firehose") + "/") {}

SinkLimits DeliveryStreamService::limits() const noexcept { return aws::batch_limits(limits::kFirehoseBatchEventsMax); }

std::size_t DeliveryStreamService::reply_bytes_max() const noexcept { return limits::kAwsBatchReplyBytesMax; }

void DeliveryStreamService::begin(http::Request& request) const {
  aws::begin_json_request("1.1", "Firehose_20150804.PutRecordBatch", url_, request);
  request.body = R"({"DeliveryStreamName":)";
  append_json_string(options_.stream, request.body);
  request.body += R"(,"Records":[)";
}

void DeliveryStreamService::write(http::Events events, http::Request& request, http::Written& written) {
  begin(request);
  std::string& body = request.body;
  const std::size_t empty = body.size();
  std::size_t total = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    record_.clear();
    aws::append_body(options_.format, events[i]->event, record_);
    if (options_.newline) record_ += '\n';
    if (record_.size() > limits::kFirehoseRecordBytesMax) {
      written.unfit(i, fmt::format("the record has {} bytes, and Firehose takes {}", record_.size(),
                                   limits::kFirehoseRecordBytesMax));
      continue;
    }
    if (record_.empty()) {
      written.unfit(i, "the payload is empty, and Firehose takes no empty record");
      continue;
    }
    total += record_.size();
    if (body.size() != empty) body += ',';
    body += R"({"Data":")";
    append_base64(record_, body);
    body += R"("})";
  }
  body += "]}";
  if (total > limits::kFirehoseBytesMax) {
    written.too_large(
        fmt::format("the records have {} bytes, and Firehose takes {} in a request", total, limits::kFirehoseBytesMax));
  }
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
