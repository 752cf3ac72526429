#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/aws/message.h"
#include "connectors/aws/options.h"
#include "connectors/aws_sqs/limits.h"
#include "connectors/fields/text.h"
#include "gateway/config/option_table.h"

namespace tidegate::aws_sqs {

/// The options of one SQS sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : aws::AwsOptions {
  std::string queue_url;
  aws::Format format = aws::Format::cloudevents;
  std::optional<fields::Text> group_id;
  fields::TextMap attributes;
  std::size_t max_message = limits::kSqsBytesMax;
};

const OptionTableOf<SinkOptions>& sink_table();

/// FIFO queues have names that end so.
bool is_fifo(std::string_view queue_url) noexcept;

/// What is wrong with the URL of a queue, with region, or with endpoint; nullopt: nothing.
std::optional<OptionFault> queue_fault(const aws::AwsOptions& options, const std::string& queue_url);

/// What the docs say of `queue_url`.
inline constexpr std::string_view kQueueUrlDoc =
    "Such as https://sqs.eu-central-1.amazonaws.com/123456789012/orders; one that ends in .fifo is a FIFO queue.";

}  // namespace tidegate::aws_sqs
