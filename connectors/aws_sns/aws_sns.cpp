#include "connectors/aws_sns/aws_sns.h"

#include "connectors/aws/sink.h"
#include "connectors/aws_sns/options.h"
#include "connectors/aws_sns/service.h"

namespace tidegate {

using aws_sns::SinkOptions;

const OptionTable* aws_sns_sink_options() { return &aws_sns::sink_table(); }

Result<std::unique_ptr<Sink>> make_aws_sns_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  return aws::make_sink(context, options, "sns", std::make_unique<aws_sns::TopicService>(options, context.route));
}

Status check_aws_sns_sink_route(const std::any& any_options, const TopicFilter& route) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  Status checked = fields::check_captures("subject", options.subject, route);
  if (checked) checked = fields::check_captures("group_id", options.group_id, route);
  if (checked) checked = fields::check_captures("attributes", options.attributes, route);
  return checked;
}

Result<Preview> preview_aws_sns(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  aws_sns::TopicService service(std::any_cast<const SinkOptions&>(options), context.route);
  return aws::preview(service, event);
}

}  // namespace tidegate
