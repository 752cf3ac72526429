#pragma once

#include <cstdint>
#include <string>

#include "connectors/aws/options.h"
#include "gateway/config/option_table.h"

namespace tidegate::aws_lambda {

enum class Invocation : std::uint8_t { event, request_response };
enum class Payload : std::uint8_t { cloudevents, cloudevents_batch, raw };
enum class OnFunctionError : std::uint8_t { reject, retry };

/// The options of one Lambda sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : aws::AwsOptions {
  std::string function;
  std::string qualifier;  ///< empty: the function's latest version
  Invocation invocation = Invocation::event;
  Payload format = Payload::cloudevents;
  OnFunctionError on_function_error = OnFunctionError::reject;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::aws_lambda
