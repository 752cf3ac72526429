#include "connectors/aws_eventbridge/aws_eventbridge.h"

#include "connectors/aws/sink.h"
#include "connectors/aws_eventbridge/options.h"
#include "connectors/aws_eventbridge/service.h"

namespace tidegate {

using aws_eventbridge::SinkOptions;

const OptionTable* aws_eventbridge_sink_options() { return &aws_eventbridge::sink_table(); }

Result<std::unique_ptr<Sink>> make_aws_eventbridge_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  return aws::make_sink(context, options, "events",
                        std::make_unique<aws_eventbridge::BusService>(options, context.route));
}

Status check_aws_eventbridge_sink_route(const std::any& any_options, const TopicFilter& route) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  Status checked = fields::check_captures("source", options.source, route);
  if (checked) checked = fields::check_captures("detail_type", options.detail_type, route);
  if (checked) checked = fields::check_captures("resources", options.resources, route);
  if (checked) checked = fields::check_captures("trace_header", options.trace_header, route);
  return checked;
}

Result<Preview> preview_aws_eventbridge(const ConnectorContext& context, const std::any& options,
                                        const OutEvent& event) {
  aws_eventbridge::BusService service(std::any_cast<const SinkOptions&>(options), context.route);
  return aws::preview(service, event);
}

}  // namespace tidegate
