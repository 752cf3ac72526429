#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The Lambda connector, as the registry knows it.
const OptionTable* aws_lambda_sink_options();
Result<std::unique_ptr<Sink>> make_aws_lambda_sink(const ConnectorContext& context, const std::any& options);
Result<Preview> preview_aws_lambda(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
