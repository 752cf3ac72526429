#include "connectors/aws_lambda/aws_lambda.h"

#include "connectors/aws/sink.h"
#include "connectors/aws_lambda/options.h"
#include "connectors/aws_lambda/service.h"

namespace tidegate {

using aws_lambda::SinkOptions;

const OptionTable* aws_lambda_sink_options() { return &aws_lambda::sink_table(); }

Result<std::unique_ptr<Sink>> make_aws_lambda_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const SinkOptions&>(any_options);
  return aws::make_sink(context, options, "lambda", std::make_unique<aws_lambda::FunctionService>(options));
}

Result<Preview> preview_aws_lambda(const ConnectorContext& /*context*/, const std::any& options,
                                   const OutEvent& event) {
  aws_lambda::FunctionService service(std::any_cast<const SinkOptions&>(options));
  return aws::preview(service, event);
}

}  // namespace tidegate
