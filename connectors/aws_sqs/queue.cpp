#include "connectors/aws_sqs/queue.h"

#include <fmt/format.h>

#include <charconv>

#include "connectors/aws/json_members.h"
#include "connectors/aws/sink.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws_sqs {
namespace {

Error no_answer(std::string what) { return {ErrorCode::invalid, std::move(what)}; }

std::string_view name_in(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return url.substr(url.rfind('/') + 1);
}

std::string text_of(std::string_view written) {
  return written.starts_with('"') ? json_string_content(written) : std::string();
}

std::optional<WallTime> time_of(std::string_view milliseconds_text) {
  std::int64_t ms = 0;
  const char* end = milliseconds_text.data() + milliseconds_text.size();
  const auto [rest, error] = std::from_chars(milliseconds_text.data(), end, ms);
  // Up to the year 9999, which is as far as RFC 3339 goes.
  constexpr std::int64_t kLast = 253'402'300'799'999;
  if (error != std::errc() || rest != end || ms <= 0 || ms > kLast) return std::nullopt;
  return WallTime{milliseconds{ms}};
}

void read_system(std::string_view json, Message& message) {
  JsonItems members(json);
  while (members.next()) {
    const std::string_view name = members.key();
    if (name == "\"SentTimestamp\"") message.sent = time_of(text_of(members.value()));
    if (name == "\"ApproximateReceiveCount\"") message.receive_count = text_of(members.value());
    if (name == "\"MessageGroupId\"") message.group = text_of(members.value());
    if (name == "\"SequenceNumber\"") message.sequence = text_of(members.value());
  }
}

void read_attributes(std::string_view json, Message& message) {
  JsonItems members(json);
  while (members.next()) {
    if (!members.value().starts_with('{')) continue;
    std::string value = aws::text_member(members.value(), "StringValue");
    if (value.empty()) value = aws::text_member(members.value(), "BinaryValue");
    message.attributes.emplace_back(json_string_content(members.key()), std::move(value));
  }
}

Result<Message> read_message(std::string_view json) {
  Message message;
  bool has_body = false;
  JsonItems members(json);
  if (!members.is_object()) return no_answer("a message is no JSON object");
  while (members.next()) {
    const std::string_view name = members.key(), value = members.value();
    if (name == "\"MessageId\"") message.id = text_of(value);
    if (name == "\"ReceiptHandle\"") message.handle = text_of(value);
    if (name == "\"Body\"") {
      has_body = value.starts_with('"');
      message.body = text_of(value);
    }
    if (name == "\"Attributes\"" && value.starts_with('{')) read_system(value, message);
    if (name == "\"MessageAttributes\"" && value.starts_with('{')) read_attributes(value, message);
  }
  if (message.id.empty() || message.handle.empty() || !has_body) {
    return no_answer("a message has no MessageId, ReceiptHandle or Body");
  }
  return message;
}

void append_names(std::string_view member, const std::vector<std::string>& names, std::string& out) {
  if (names.empty()) return;
  out += fmt::format(R"(,"{}":[)", member);
  for (const std::string& name : names) {
    if (out.back() != '[') out += ',';
    append_json_string(name, out);
  }
  out += ']';
}

}  // namespace

Result<std::vector<Message>> read_messages(std::string_view body) {
  if (!is_embeddable_json(body)) return no_answer("the answer is no JSON");
  if (!JsonItems(body).is_object()) return no_answer("the answer is none of SQS");
  std::vector<Message> messages;
  const std::string_view list = aws::member(body, "Messages");
  if (list.empty() || list == "null") return messages;
  JsonItems items(list);
  if (!items.is_array()) return no_answer("the answer is none of SQS");
  while (items.next()) {
    if (messages.size() == limits::kSqsBatchEventsMax) return no_answer("more messages than SQS gives out at once");
    auto message = read_message(items.value());
    if (!message) return message.error();
    messages.push_back(*std::move(message));
  }
  return messages;
}

Queue::Queue(const SourceOptions& options)
    : options_(options),
      url_(aws::endpoint_of(options, "sqs") + "/"),
      name_(name_in(options.queue_url)),
      is_fifo_(aws_sqs::is_fifo(options.queue_url)) {}

http::Request Queue::begin(std::string_view action) const {
  http::Request request;
  aws::begin_json_request("1.0", fmt::format("AmazonSQS.{}", action), url_, request);
  request.body = R"({"QueueUrl":)";
  append_json_string(options_.queue_url, request.body);
  return request;
}

http::Request Queue::receive(std::uint32_t most, std::chrono::seconds wait, std::string_view attempt) const {
  http::Request request = begin("ReceiveMessage");
  std::string& body = request.body;
  body += fmt::format(R"(,"MaxNumberOfMessages":{},"WaitTimeSeconds":{},"VisibilityTimeout":{})", most, wait.count(),
                      options_.visibility_timeout.count());
  append_names("MessageSystemAttributeNames",
               {"SentTimestamp", "ApproximateReceiveCount", "MessageGroupId", "SequenceNumber"}, body);
  append_names("MessageAttributeNames", options_.attributes, body);
  if (!attempt.empty()) aws::append_text_member("ReceiveRequestAttemptId", attempt, body);
  body += '}';
  return request;
}

http::Request Queue::remove(const std::vector<std::string>& handles) const {
  http::Request request = begin("DeleteMessageBatch");
  request.body += R"(,"Entries":[)";
  for (std::size_t i = 0; i < handles.size(); ++i) {
    request.body += fmt::format(R"({}{{"Id":"{}")", i == 0 ? "" : ",", i);
    aws::append_text_member("ReceiptHandle", handles[i], request.body);
    request.body += '}';
  }
  request.body += "]}";
  return request;
}

http::Request Queue::keep_from_others(const std::vector<std::string>& handles, std::chrono::seconds time) const {
  http::Request request = begin("ChangeMessageVisibilityBatch");
  request.body += R"(,"Entries":[)";
  for (std::size_t i = 0; i < handles.size(); ++i) {
    request.body += fmt::format(R"({}{{"Id":"{}","VisibilityTimeout":{})", i == 0 ? "" : ",", i, time.count());
    aws::append_text_member("ReceiptHandle", handles[i], request.body);
    request.body += '}';
  }
  request.body += "]}";
  return request;
}

http::Request Queue::receive_nothing() const {
  http::Request request = begin("ReceiveMessage");
  request.body += R"(,"MaxNumberOfMessages":0,"VisibilityTimeout":0})";
  return request;
}

}  // namespace tidegate::aws_sqs
