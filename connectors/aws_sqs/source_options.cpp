#include "connectors/aws_sqs/source_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/aws/limits.h"
#include "connectors/net/topic_level.h"
#include "gateway/routing/topic_filter.h"

namespace tidegate::aws_sqs {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGroup = "{group}";

/// The topic with what `append` says in place of {group}.
template <class Append>
std::string filled(std::string_view topic, Append append) {
  std::string out;
  for (std::size_t at = topic.find(kGroup); at != std::string_view::npos; at = topic.find(kGroup)) {
    out += topic.substr(0, at);
    append(out);
    topic.remove_prefix(at + kGroup.size());
  }
  return out.append(topic);
}

Result<std::string> read_topic(std::string_view text) {
  const std::string example = topic_of(text, "group");
  if (!is_topic_name(example)) return Error{ErrorCode::invalid, "is not a topic: it may hold no + and no #"};
  if (example.find_first_of("{}") != std::string::npos)
    return Error{ErrorCode::invalid, "may have {group} in braces only"};
  return std::string(text);
}

const OptionTableOf<RepeatsOptions>& repeats_table() {
  static const auto table = deduplicate_table<RepeatsOptions>();
  return table;
}

std::optional<OptionFault> fault_of(const SourceOptions& options) {
  if (auto fault = queue_fault(options, options.queue_url)) return fault;
  constexpr auto kMore = 5s;
  if (options.timeout.total < options.wait_time + kMore) {
    return OptionFault{"timeout", fmt::format("total must be {} s longer than wait_time", kMore.count())};
  }
  const milliseconds window = options.deduplicate.window;
  if (window.count() > 0 && window <= options.visibility_timeout) {
    return OptionFault{"deduplicate",
                       "window must be longer than visibility_timeout, after which messages come again; or 0s"};
  }
  if (options.attributes.size() > limits::kAwsAttributesMax) {
    return OptionFault{"attributes", fmt::format("has {} names, and a message takes {} attributes; All is one name",
                                                 options.attributes.size(), limits::kAwsAttributesMax)};
  }
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SourceOptions>& source_table() {
  static const auto table = [] {
    OptionTableOf<SourceOptions> made(
        "Receives the messages of a queue of Amazon SQS, standard or FIFO; deletes them once they are on disk.");
    made.required("queue_url", &SourceOptions::queue_url, kQueueUrlDoc)
        .choice("format", &SourceOptions::format,
                {{"auto", BodyFormat::automatic, "A CloudEvent in JSON is that event, anything else a payload."},
                 {"cloudevents", BodyFormat::cloudevents, "As auto, but anything else is refused."},
                 {"raw", BodyFormat::raw, "The body is the payload, whatever it is."}},
                "What the body of a message is.")
        .option("unwrap_sns", &SourceOptions::unwrap_sns,
                "A body that is a notification of Amazon SNS stands for the message in it.")
        .parsed("topic", &SourceOptions::topic, read_topic, "a/b/{group}",
                "Subject of events that bring none; routes filter by it. {group} is the message group.")
        .default_text("sqs/ and the source's name; of a FIFO queue also /{group}")
        .option("content_type", &SourceOptions::content_type, "Media type of payloads.")
        .default_text("application/json for what is JSON, else text/plain")
        .option("attributes", &SourceOptions::attributes,
                "Message attributes that become attributes of the event: names, name.* or All; an empty list: none.")
        .option("wait_time", &SourceOptions::wait_time, "How long a receive waits for messages.",
                between(1s, limits::kSqsWaitMax))
        .option("max_messages", &SourceOptions::max_messages, "Messages of one receive.",
                between(1u, limits::kSqsBatchEventsMax))
        .option("receivers", &SourceOptions::receivers,
                "Receives open at once while the queue is full; an empty queue has one.",
                between(1u, limits::kSqsReceiversMax))
        .option("visibility_timeout", &SourceOptions::visibility_timeout,
                "How long the queue keeps a message from others that it gave to the gateway; the queue's own does not "
                "count. Extended while a message waits for its commit.",
                between(10s, limits::kSqsVisibilityMax))
        .section("deduplicate", &SourceOptions::deduplicate, repeats_table(), "Messages that come again.");
    aws::add_aws(made).check(fault_of);
    return made;
  }();
  return table;
}

std::string default_topic(const SourceOptions& options, std::string_view source) {
  return fmt::format("sqs/{}{}{}", source, is_fifo(options.queue_url) ? "/" : "",
                     is_fifo(options.queue_url) ? kGroup : "");
}

std::string topic_of(std::string_view topic, std::string_view group) {
  return filled(topic, [group](std::string& out) { append_topic_level(group, out); });
}

std::string filter_of(std::string_view topic) {
  std::string out;
  while (!topic.empty()) {
    const std::size_t slash = std::min(topic.find('/'), topic.size());
    const std::string_view level = topic.substr(0, slash);
    out += level.find(kGroup) == std::string_view::npos ? level : "+";
    if (slash < topic.size()) out += '/';
    topic.remove_prefix(std::min(slash + 1, topic.size()));
  }
  return out;
}

}  // namespace tidegate::aws_sqs
