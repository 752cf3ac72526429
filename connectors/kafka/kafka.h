#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The Kafka connector, as the registry knows it.
const OptionTable* kafka_sink_options();
/// `options` is what kafka_sink_options()->parse() produced. Reaches for no broker.
Result<std::unique_ptr<Sink>> make_kafka_sink(const ConnectorContext& context, const std::any& options);
/// *Errors*: invalid, when the topic or the key wants a capture that the route does not have.
Status check_kafka_sink_route(const std::any& options, const TopicFilter& route);
/// A code of the protocol by name: "NOT_ENOUGH_REPLICAS".
std::optional<Settled> judge_kafka_answer(const PeerAnswer& answer);
/// The message that an event becomes.
Result<Preview> preview_kafka(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
