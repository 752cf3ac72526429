#include "connectors/aws_lambda/options.h"

#include <algorithm>
#include <string_view>

#include "connectors/aws_lambda/limits.h"

namespace tidegate::aws_lambda {
namespace {

bool is_plain(std::string_view text, std::string_view marks) noexcept {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

std::optional<OptionFault> fault_of(const SinkOptions& options) {
  if (options.function.empty() || options.function.size() > limits::kLambdaFunctionBytesMax ||
      !is_plain(options.function, "-_:.$")) {
    return OptionFault{"function", "is not the name or the ARN of a function"};
  }
  if (options.qualifier.size() > limits::kLambdaQualifierBytesMax || !is_plain(options.qualifier, "-_$.")) {
    return OptionFault{"qualifier", "is not a version or an alias"};
  }
  if (options.on_function_error == OnFunctionError::retry && options.invocation == Invocation::event) {
    return OptionFault{"on_function_error", "is of no use with invocation event, which does not wait for the function"};
  }
  return aws::region_fault(options, "function", aws::region_of_arn(options.function));
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    OptionTableOf<SinkOptions> made("Invokes an AWS Lambda function.");
    made.required("function", &SinkOptions::function, "Its name or its ARN.")
        .option("qualifier", &SinkOptions::qualifier, "A version or an alias of it.")
        .choice("invocation", &SinkOptions::invocation,
                {{"event", Invocation::event,
                  "Lambda queues the event, and that is the delivery; Lambda itself repeats a function that fails, up "
                  "to twice."},
                 {"request_response", Invocation::request_response,
                  "The delivery is done when the function has returned."}},
                "What is waited for.")
        .choice("format", &SinkOptions::format,
                {{"cloudevents", Payload::cloudevents, "One CloudEvent 1.0 in JSON per invocation."},
                 {"cloudevents_batch", Payload::cloudevents_batch,
                  "An array of CloudEvents, up to batch.max_events of them, per invocation."},
                 {"raw", Payload::raw,
                  "The payload, one per invocation: JSON as it came, text as a JSON string, anything else as "
                  "{\"data_base64\": ...}."}},
                "What the function gets.")
        .choice(
            "on_function_error", &SinkOptions::on_function_error,
            {{"reject", OnFunctionError::reject, "The event is a dead letter; of a batch, the one that is to blame."},
             {"retry", OnFunctionError::retry, "The invocation is repeated, as after any failure."}},
            "Of invocation request_response: what an error of the function means for the event.");
    aws::add_aws(made).check(fault_of);
    return made;
  }();
  return table;
}

}  // namespace tidegate::aws_lambda
