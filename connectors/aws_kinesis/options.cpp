#include "connectors/aws_kinesis/options.h"

namespace tidegate::aws_kinesis {
namespace {

std::optional<OptionFault> fault_of(const SinkOptions& options) {
  if (options.stream.empty()) return OptionFault{"stream", "is empty"};
  return aws::region_fault(options, "stream", aws::region_of_arn(options.stream));
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    OptionTableOf<SinkOptions> made("Puts events into a stream of Amazon Kinesis Data Streams.");
    made.required("stream", &SinkOptions::stream, "Its name or its ARN.")
        .tree("partition_key", &SinkOptions::partition_key, fields::text_from, fields::kTextSyntax,
              "Records with the same key go to the same shard.")
        .default_text("the event's subject");
    aws::add_format(made).bytes(
        "max_record", &SinkOptions::max_record,
        "What the stream takes (its MaxRecordSizeInKiB), partition key included. A larger event "
        "is a dead letter.",
        between(limits::kKinesisKeyBytesMax, limits::kKinesisLargeRecordBytesMax));
    aws::add_aws(made).check(fault_of);
    return made;
  }();
  return table;
}

}  // namespace tidegate::aws_kinesis
