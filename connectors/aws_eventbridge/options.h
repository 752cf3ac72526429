#pragma once

#include <optional>
#include <string>

#include "connectors/aws/message.h"
#include "connectors/aws/options.h"
#include "connectors/fields/text.h"
#include "gateway/config/option_table.h"

namespace tidegate::aws_eventbridge {

/// The options of one EventBridge sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : aws::AwsOptions {
  std::string bus = "default";
  fields::Text source = "${source}";
  fields::Text detail_type = "${type}";
  aws::Format format = aws::Format::cloudevents;
  fields::TextList resources;
  std::optional<fields::Text> trace_header;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::aws_eventbridge
