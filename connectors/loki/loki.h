#pragma once

#include <any>
#include <memory>
#include <optional>

#include "connectors/connector.h"

namespace tidegate {

/// The Loki sink, as the registry knows it.
const OptionTable* loki_sink_options();
Result<std::unique_ptr<Sink>> make_loki_sink(const ConnectorContext& context, const std::any& options);
Status check_loki_sink_route(const std::any& options, const TopicFilter& route);
/// A status: "429".
std::optional<Settled> judge_loki_answer(const PeerAnswer& answer);
Result<Preview> preview_loki(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
