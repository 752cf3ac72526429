#pragma once

#include <cstddef>
#include <optional>
#include <string>

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
bool is_fifo(const SinkOptions& options) noexcept;

}  // namespace tidegate::aws_sqs
