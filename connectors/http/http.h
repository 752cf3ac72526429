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
/// A status: "429".
std::optional<Settled> judge_http_answer(const PeerAnswer& answer);
/// The request of an event that goes alone.
Result<Preview> preview_http(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
