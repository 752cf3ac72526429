#include "connectors/aws_sqs/options.h"

#include <string_view>

namespace tidegate::aws_sqs {
namespace {

/// The region in "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"; empty where the host is another.
std::string_view region_of_queue(std::string_view url) {
  constexpr std::string_view kStart = "https://sqs.";
  if (!url.starts_with(kStart)) return {};
  url.remove_prefix(kStart.size());
  const std::size_t dot = url.find('.');
  return dot != std::string_view::npos && url.substr(dot).starts_with(".amazonaws.") ? url.substr(0, dot)
                                                                                     : std::string_view();
}

std::optional<OptionFault> fault_of(const SinkOptions& options) {
  if (auto fault = queue_fault(options, options.queue_url)) return fault;
  if (auto fault = aws::attributes_fault(options.attributes)) return OptionFault{"attributes", *std::move(fault)};
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    OptionTableOf<SinkOptions> made("Sends events to a queue of Amazon SQS, standard or FIFO.");
    made.required("queue_url", &SinkOptions::queue_url, kQueueUrlDoc);
    aws::add_format(made)
        .tree("group_id", &SinkOptions::group_id, fields::text_from, fields::kTextSyntax,
              "The message group: its messages are received in order. Of a standard queue: whom to be fair to.")
        .default_text("FIFO: the event's subject; standard: none")
        .tree("attributes", &SinkOptions::attributes, fields::text_map_from, fields::kTextMapSyntax,
              "Message attributes of type String; one that is nothing is left out.")
        .bytes("max_message", &SinkOptions::max_message,
               "What the queue takes (its MaximumMessageSize). A larger event is a dead letter.",
               between(limits::kSqsMessageBytesMin, limits::kSqsBytesMax));
    aws::add_aws(made).check(fault_of);
    return made;
  }();
  return table;
}

bool is_fifo(std::string_view queue_url) noexcept { return queue_url.ends_with(".fifo"); }

std::optional<OptionFault> queue_fault(const aws::AwsOptions& options, const std::string& queue_url) {
  if (auto fault = http::url_fault(queue_url)) return OptionFault{"queue_url", *std::move(fault)};
  return aws::region_fault(options, "queue_url", region_of_queue(queue_url));
}

}  // namespace tidegate::aws_sqs
