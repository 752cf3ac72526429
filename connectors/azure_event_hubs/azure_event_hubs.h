#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The Event Hubs sink, as the registry knows it.
const OptionTable* azure_event_hubs_sink_options();
/// `options` is what azure_event_hubs_sink_options()->parse() produced. Reaches for no peer. *Errors*: as of the
/// credential; unavailable when libcurl has no memory.
Result<std::unique_ptr<Sink>> make_azure_event_hubs_sink(const ConnectorContext& context, const std::any& options);
/// Whether the route has every capture that the texts name.
Status check_azure_event_hubs_sink_route(const std::any& options, const TopicFilter& route);
/// A status: "503".
std::optional<Settled> judge_azure_event_hubs_answer(const PeerAnswer& answer);
/// The request of an event that goes alone.
Result<Preview> preview_azure_event_hubs(const ConnectorContext& context, const std::any& options,
                                         const OutEvent& event);

}  // namespace tidegate
