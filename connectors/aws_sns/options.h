#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "connectors/aws/message.h"
#include "connectors/aws/options.h"
#include "connectors/aws_sns/limits.h"
#include "connectors/fields/text.h"
#include "gateway/config/option_table.h"

namespace tidegate::aws_sns {

/// The options of one SNS sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : aws::AwsOptions {
  std::string topic_arn;
  aws::Format format = aws::Format::cloudevents;
  std::optional<fields::Text> subject;
  std::optional<fields::Text> group_id;
  fields::TextMap attributes;
  std::size_t max_message = limits::kSnsBytesMax;
};

const OptionTableOf<SinkOptions>& sink_table();

/// FIFO topics have names that end so.
bool is_fifo(const SinkOptions& options) noexcept;

}  // namespace tidegate::aws_sns
