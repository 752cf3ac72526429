#include "sqs_reply_fuzz.h"

#include "connectors/aws_sqs/limits.h"
#include "connectors/aws_sqs/message_event.h"
#include "gateway/event/json_text.h"
#include "tests/fuzz/require.h"

namespace tidegate::aws_sqs {
namespace {

using test::require;

void check(const Message& message, const SourceOptions& options) {
  require(!message.id.empty() && !message.handle.empty());
  require(is_utf8(message.body) && is_utf8(message.id));
  const auto event = make_event(message, options, "sqs/{group}");
  if (!event) {
    require(!event.error().message.empty());
    return;
  }
  require(check_event(*event).has_value());
  require(!event->id.empty() && !event->subject.empty());
  // What comes again is the same event.
  Message again = message;
  again.handle += "x";
  require(make_event(std::move(again), options, "sqs/{group}").value() == *event);
  if (options.format == BodyFormat::raw && !options.unwrap_sns) require(event->data == message.body);
}

}  // namespace

void read_any_reply(std::string_view bytes) {
  if (bytes.empty()) return;
  SourceOptions options;
  const auto choice = static_cast<unsigned char>(bytes[0]);
  options.format = static_cast<BodyFormat>(choice % 3);
  options.unwrap_sns = choice / 3 % 2 == 1;
  bytes.remove_prefix(1);
  const auto messages = read_messages(bytes);
  if (!messages) return;
  require(messages->size() <= limits::kSqsBatchEventsMax);
  for (const Message& message : *messages) check(message, options);
}

}  // namespace tidegate::aws_sqs
