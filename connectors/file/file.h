#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The file sink, as the registry knows it.
const OptionTable* file_sink_options();
/// `options` is what file_sink_options()->parse() produced. Opens no file. *Errors*: unavailable when a compressor has
/// no memory.
Result<std::unique_ptr<Sink>> make_file_sink(const ConnectorContext& context, const std::any& options);
Status check_file_sink_route(const std::any& options, const TopicFilter& route);
/// The file that an event goes to, and its line.
Result<Preview> preview_file(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
