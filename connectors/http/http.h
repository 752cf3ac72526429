#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The HTTP connector, as the registry knows it.
const OptionTable* http_sink_options();
/// `options` is what http_sink_options()->parse() produced. *Errors*: unavailable when libcurl or a compressor has no
/// memory. Reaches for no peer.
Result<std::unique_ptr<Sink>> make_http_sink(const ConnectorContext& context, const std::any& options);

}  // namespace tidegate
