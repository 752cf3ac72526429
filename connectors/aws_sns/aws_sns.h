#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The SNS connector, as the registry knows it.
const OptionTable* aws_sns_sink_options();
Result<std::unique_ptr<Sink>> make_aws_sns_sink(const ConnectorContext& context, const std::any& options);
Status check_aws_sns_sink_route(const std::any& options, const TopicFilter& route);
Result<Preview> preview_aws_sns(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
