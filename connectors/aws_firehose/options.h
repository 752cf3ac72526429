#pragma once

#include <string>

#include "connectors/aws/message.h"
#include "connectors/aws/options.h"
#include "gateway/config/option_table.h"

namespace tidegate::aws_firehose {

/// The options of one Firehose sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : aws::AwsOptions {
  std::string stream;
  aws::Format format = aws::Format::cloudevents;
  bool newline = true;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::aws_firehose
