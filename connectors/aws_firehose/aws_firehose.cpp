#include "connectors/aws_firehose/aws_firehose.h"

#include "connectors/aws/sink.h"
#include "connectors/aws_firehose/options.h"
#include "connectors/aws_firehose/service.h"

namespace tidegate {

using aws_firehose::SinkOptions;

const OptionTable* aws_firehose_sink_options() { return &aws_firehose::sink_table(); }

Result<std::unique_ptr<Sink>> make_aws_firehose_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  return aws::make_sink(context, options, "firehose", std::make_unique<aws_firehose::DeliveryStreamService>(options));
}

Result<Preview> preview_aws_firehose(const ConnectorContext& /*context*/, const std::any& options,
                                     const OutEvent& event) {
  aws_firehose::DeliveryStreamService service(std::any_cast<const SinkOptions&>(options));
  return aws::preview(service, event);
}

}  // namespace tidegate
