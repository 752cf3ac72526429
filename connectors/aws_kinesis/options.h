#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "connectors/aws/message.h"
#include "connectors/aws/options.h"
#include "connectors/aws_kinesis/limits.h"
#include "connectors/fields/text.h"
#include "gateway/config/option_table.h"

namespace tidegate::aws_kinesis {

/// The options of one Kinesis sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : aws::AwsOptions {
  std::string stream;
  std::optional<fields::Text> partition_key;
  aws::Format format = aws::Format::cloudevents;
  std::size_t max_record = limits::kKinesisRecordBytesMax;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::aws_kinesis
