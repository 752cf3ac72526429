#include "connectors/aws_sns/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/auth/encoding.h"
#include "connectors/aws/batch_reply.h"
#include "connectors/aws/error_reply.h"
#include "connectors/aws/sink.h"
#include "gateway/base/limits.h"

namespace tidegate::aws_sns {
namespace {

/// What a subject may hold. *Source*: the SNS API reference, "PublishBatchRequestEntry".
bool is_subject(std::string_view text) noexcept {
  const bool printable =
      std::ranges::none_of(text, [](char c) { return (static_cast<unsigned char>(c) < 0x20) || c == '\x7f'; });
  return printable && !text.empty() && text.front() != ' ';
}

void append_attributes(const std::vector<aws::Attributes::Filled>& attributes, const std::string& entry,
                       std::string& out) {
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const std::string name = fmt::format("{}MessageAttributes.entry.{}.", entry, i + 1);
    auth::append_form_field(name + "Name", attributes[i].name, out);
    auth::append_form_field(name + "Value.DataType", "String", out);
    auth::append_form_field(name + "Value.StringValue", attributes[i].value, out);
  }
}

}  // namespace

TopicService::TopicService(const SinkOptions& options, std::string route)
    : BatchService(aws::endpoint_of(options, "sns") + "/",
                   {limits::kSnsBatchEventsMax, options.max_message, "messages", "the topic", "a batch (max_message)"},
                   {.between = "", .after = ""}),
      options_(options),
      is_fifo_(is_fifo(options)),
      fields_(std::move(route)),
      attributes_(options.attributes, fields_) {
  if (options_.subject) subject_ = fields_.add(*options_.subject);
  if (options_.group_id) group_ = fields_.add(*options_.group_id);
}

void TopicService::begin(http::Request& request) const {
  request.url = url();
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = "Action=PublishBatch&Version=2010-03-31";
  auth::append_form_field("TopicArn", options_.topic_arn, request.body);
}

Result<std::size_t> TopicService::append_entry(const OutEvent& out_event, std::size_t index, std::string& out) {
  const Event& event = out_event.event;
  fields_.read(out_event);
  if (const Status done = message_.fill(options_.format, event, attributes_, options_.max_message, "the topic");
      !done) {
    return done.error();
  }
  const std::string entry = fmt::format("PublishBatchRequestEntries.member.{}.", index + 1);
  auth::append_form_field(entry + "Id", std::to_string(index), out);
  auth::append_form_field(entry + "Message", message_.text, out);
  append_attributes(message_.attributes, entry, out);
  if (const Status done = append_subject(entry, out); !done) return done.error();
  if (const Status done = append_group(event, entry, out); !done) return done.error();
  return message_.bytes;
}

Status TopicService::append_subject(const std::string& entry, std::string& out) {
  if (!subject_ || fields_.is_nothing(*subject_)) return {};
  std::string subject;
  if (const Status filled = fields_.append(*subject_, subject, limits::kSnsSubjectBytesMax); !filled) {
    return Error{ErrorCode::invalid, "subject: " + filled.error().message};
  }
  if (!is_subject(subject)) return Error{ErrorCode::invalid, "subject: it is not one line of text"};
  auth::append_form_field(entry + "Subject", subject, out);
  return {};
}

Status TopicService::append_group(const Event& event, const std::string& entry, std::string& out) {
  std::string group;
  if (group_ && !fields_.is_nothing(*group_)) {
    if (const Status filled = fields_.append(*group_, group, limits::kEventDataBytesMax); !filled) {
      return Error{ErrorCode::invalid, "group_id: " + filled.error().message};
    }
  } else if (is_fifo_) {
    group = event.subject;
  } else {
    return {};
  }
  auth::append_form_field(entry + "MessageGroupId", aws::token_of(group), out);
  if (is_fifo_) auth::append_form_field(entry + "MessageDeduplicationId", aws::token_of(event.id), out);
  return {};
}

Settled TopicService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  return aws::judge_by_id_xml(reply, events.size(), now);
}

/// A batch of nothing, which SNS refuses once it has looked at the key and the topic.
bool TopicService::write_probe(http::Request& request) {
  begin(request);
  return true;
}

Status TopicService::judge_probe(const http::Reply& reply, WallTime now) {
  const std::string code = aws::read_error(reply).code;
  if (reply.status / 100 == 4 && (code == "EmptyBatchRequest" || aws::meaning_of(code) == aws::Meaning::content))
    return {};
  if (reply.status / 100 == 2) {
    if (reply.body.find("<PublishBatchResult") != std::string_view::npos) return {};
    return Error{ErrorCode::refused, "the answer is none of SNS's; see endpoint"};
  }
  return aws::probe_failure(reply, now);
}

}  // namespace tidegate::aws_sns
