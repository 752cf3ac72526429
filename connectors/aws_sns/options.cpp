#include "connectors/aws_sns/options.h"

namespace tidegate::aws_sns {
namespace {

std::optional<OptionFault> fault_of(const SinkOptions& options) {
  const std::string_view region = aws::region_of_arn(options.topic_arn);
  if (region.empty()) {
    return OptionFault{"topic_arn", "is no ARN, such as arn:aws:sns:eu-central-1:123456789012:alarms"};
  }
  if (auto fault = aws::region_fault(options, "topic_arn", region)) return fault;
  if (auto fault = aws::attributes_fault(options.attributes)) return OptionFault{"attributes", *std::move(fault)};
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    OptionTableOf<SinkOptions> made("Publishes events to a topic of Amazon SNS, standard or FIFO.");
    made.required("topic_arn", &SinkOptions::topic_arn,
                  "Such as arn:aws:sns:eu-central-1:123456789012:alarms; one that ends in .fifo is a FIFO topic.");
    aws::add_format(made)
        .tree("subject", &SinkOptions::subject, fields::text_from, fields::kTextSyntax,
              "What mails have as subject: one line of at most 99 characters.")
        .tree("group_id", &SinkOptions::group_id, fields::text_from, fields::kTextSyntax,
              "The message group of a FIFO topic: its messages are received in order.")
        .default_text("the event's subject")
        .tree("attributes", &SinkOptions::attributes, fields::text_map_from, fields::kTextMapSyntax,
              "Message attributes of type String, which subscriptions filter by; one that is nothing is left out.")
        .bytes("max_message", &SinkOptions::max_message,
               "What the topic takes of a batch (its MaximumMessageSize). A larger event is a dead letter.",
               between(limits::kSnsMessageBytesMin, limits::kSnsLargeBytesMax));
    aws::add_aws(made).check(fault_of);
    return made;
  }();
  return table;
}

bool is_fifo(const SinkOptions& options) noexcept { return options.topic_arn.ends_with(".fifo"); }

}  // namespace tidegate::aws_sns
