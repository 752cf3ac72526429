#include "connectors/aws_sqs/aws_sqs.h"

#include "connectors/aws/sink.h"
#include "connectors/aws_sqs/options.h"
#include "connectors/aws_sqs/service.h"

namespace tidegate {

using aws_sqs::SinkOptions;

const OptionTable* aws_sqs_sink_options() { return &aws_sqs::sink_table(); }

Result<std::unique_ptr<Sink>> make_aws_sqs_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  return aws::make_sink(context, options, "sqs", std::make_unique<aws_sqs::QueueService>(options, context.route));
}

Status check_aws_sqs_sink_route(const std::any& any_options, const TopicFilter& route) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  if (Status checked = fields::check_captures("group_id", options.group_id, route); !checked) return checked;
  return fields::check_captures("attributes", options.attributes, route);
}

Result<Preview> preview_aws_sqs(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  aws_sqs::QueueService service(std::any_cast<const SinkOptions&>(options), context.route);
  return aws::preview(service, event);
}

}  // namespace tidegate
