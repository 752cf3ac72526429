#include "connectors/aws_firehose/options.h"

namespace tidegate::aws_firehose {
namespace {

std::optional<OptionFault> fault_of(const SinkOptions& options) {
  if (options.stream.empty()) return OptionFault{"stream", "is empty"};
  if (options.stream.starts_with("arn:")) return OptionFault{"stream", "is an ARN; write the name at its end"};
  return aws::aws_fault(options);
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    OptionTableOf<SinkOptions> made("Puts events into a stream of Amazon Data Firehose.");
    made.required("stream", &SinkOptions::stream, "Its name.");
    aws::add_format(made).option(
        "newline", &SinkOptions::newline,
        "End every record with a line break: Firehose writes records one right after the other.");
    aws::add_aws(made).check(fault_of);
    return made;
  }();
  return table;
}

}  // namespace tidegate::aws_firehose
