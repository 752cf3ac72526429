#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The source side of the HTTP connector, as the registry knows it.
const OptionTable* http_source_options();
/// `options` is what http_source_options()->parse() produced. *Errors*: invalid or io, when a file that the options
/// name cannot be used. *Blocks* on disk.
Result<std::unique_ptr<Source>> make_http_source(const ConnectorContext& context, const std::any& options);

}  // namespace tidegate
