#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The Pub/Sub sink, as the registry knows it.
const OptionTable* gcp_pubsub_sink_options();
/// `options` is what gcp_pubsub_sink_options()->parse() produced. Reaches for no peer. *Errors*: as of the credential;
/// unavailable when libcurl has no memory.
Result<std::unique_ptr<Sink>> make_gcp_pubsub_sink(const ConnectorContext& context, const std::any& options);
/// Whether the route has every capture that the texts name.
Status check_gcp_pubsub_sink_route(const std::any& options, const TopicFilter& route);
/// A status, or a code of google.rpc: "503", "RESOURCE_EXHAUSTED".
std::optional<Settled> judge_gcp_pubsub_answer(const PeerAnswer& answer);
/// The request of an event that goes alone.
Result<Preview> preview_gcp_pubsub(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
