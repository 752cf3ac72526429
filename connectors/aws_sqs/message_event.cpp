#include "connectors/aws_sqs/message_event.h"

#include <algorithm>
#include <utility>

#include "connectors/aws/json_members.h"
#include "gateway/event/json_text.h"
#include "gateway/event/read_cloud_events.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::aws_sqs {
namespace {

/// Puts the message inside a notification of SNS in its place. Anything else stays as it is.
void unwrap_sns(Message& message) {
  if (aws::text_member(message.body, "Type") != "Notification") return;
  const std::string_view inner = aws::member(message.body, "Message");
  std::string id = aws::text_member(message.body, "MessageId");
  if (!inner.starts_with('"') || id.empty()) return;
  // Under that id SNS may have brought it more than once.
  message.attributes.emplace_back("messageid", std::exchange(message.id, std::move(id)));
  if (std::string topic = aws::text_member(message.body, "TopicArn"); !topic.empty()) {
    message.attributes.emplace_back("snstopic", std::move(topic));
  }
  if (std::string subject = aws::text_member(message.body, "Subject"); !subject.empty()) {
    message.attributes.emplace_back("snssubject", std::move(subject));
  }
  if (const auto time = parse_rfc3339(aws::text_member(message.body, "Timestamp"))) message.sent = time;
  JsonItems attributes(aws::member(message.body, "MessageAttributes"));
  while (attributes.is_object() && attributes.next()) {
    if (!attributes.value().starts_with('{')) continue;
    message.attributes.emplace_back(json_string_content(attributes.key()),
                                    aws::text_member(attributes.value(), "Value"));
  }
  message.body = json_string_content(inner);
}

Result<Event> read_whole_cloud_event(std::string_view body) {
  Event event;
  const Result<std::size_t> end = read_cloud_event(body, event);
  if (!end) return end.error();
  if (body.find_first_not_of(" \n\r\t", *end) != std::string_view::npos) {
    return Error{ErrorCode::invalid, "the body goes on after the event"};
  }
  return event;
}

void add_attribute(std::string_view name, std::string value, Event& event) {
  const bool taken = std::ranges::any_of(event.attributes, [&](const auto& known) { return known.first == name; });
  if (!taken && !value.empty()) event.attributes.emplace_back(name, std::move(value));
}

}  // namespace

Result<Event> make_event(Message message, const SourceOptions& options, std::string_view topic) {
  if (options.unwrap_sns) unwrap_sns(message);
  Event event;
  bool is_cloud_event = false;
  if (options.format != BodyFormat::raw) {
    auto read = read_whole_cloud_event(message.body);
    is_cloud_event = read.has_value();
    if (is_cloud_event)
      event = *std::move(read);
    else if (options.format == BodyFormat::cloudevents)
      return read.error().in("no CloudEvent");
  }
  if (is_cloud_event) {
    add_attribute("messageid", std::move(message.id), event);
  } else {
    event.id = std::move(message.id);
    event.datacontenttype = options.content_type;
    if (event.datacontenttype.empty()) {
      event.datacontenttype = is_embeddable_json(message.body) ? "application/json" : "text/plain; charset=utf-8";
    }
    event.data = std::move(message.body);
  }
  if (event.subject.empty()) event.subject = topic_of(topic, message.group);
  if (event.time == WallTime{} && message.sent) event.time = *message.sent;
  add_attribute("messagegroupid", std::move(message.group), event);
  add_attribute("sequencenumber", std::move(message.sequence), event);
  if (message.receive_count != "1") add_attribute("receivecount", std::move(message.receive_count), event);
  for (auto& [name, value] : message.attributes) add_attribute(name, std::move(value), event);
  if (Status fits = check_event(event); !fits) return std::move(fits).error();
  return event;
}

}  // namespace tidegate::aws_sqs
