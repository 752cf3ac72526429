#include "connectors/aws_kinesis/aws_kinesis.h"

#include "connectors/aws/sink.h"
#include "connectors/aws_kinesis/options.h"
#include "connectors/aws_kinesis/service.h"

namespace tidegate {

using aws_kinesis::SinkOptions;

const OptionTable* aws_kinesis_sink_options() { return &aws_kinesis::sink_table(); }

Result<std::unique_ptr<Sink>> make_aws_kinesis_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  return aws::make_sink(context, options, "kinesis",
                        std::make_unique<aws_kinesis::StreamService>(options, context.route));
}

Status check_aws_kinesis_sink_route(const std::any& any_options, const TopicFilter& route) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  return fields::check_captures("partition_key", options.partition_key, route);
}

Result<Preview> preview_aws_kinesis(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  aws_kinesis::StreamService service(std::any_cast<const SinkOptions&>(options), context.route);
  return aws::preview(service, event);
}

}  // namespace tidegate
