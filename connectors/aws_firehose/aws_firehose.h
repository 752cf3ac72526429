#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The Firehose connector, as the registry knows it.
const OptionTable* aws_firehose_sink_options();
Result<std::unique_ptr<Sink>> make_aws_firehose_sink(const ConnectorContext& context, const std::any& options);
Result<Preview> preview_aws_firehose(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
