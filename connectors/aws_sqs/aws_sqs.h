#pragma once

#include <any>
#include <memory>
#include <string>

#include "connectors/connector.h"

namespace tidegate {

/// The SQS connector, as the registry knows it.
const OptionTable* aws_sqs_source_options();
Result<std::unique_ptr<Source>> make_aws_sqs_source(const ConnectorContext& context, const std::any& options);
SourceScope aws_sqs_source_scope(const std::any& options, const std::string& name);
const OptionTable* aws_sqs_sink_options();
Result<std::unique_ptr<Sink>> make_aws_sqs_sink(const ConnectorContext& context, const std::any& options);
Status check_aws_sqs_sink_route(const std::any& options, const TopicFilter& route);
Result<Preview> preview_aws_sqs(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
