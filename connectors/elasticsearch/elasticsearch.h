#pragma once

#include <any>
#include <memory>
#include <optional>

#include "connectors/connector.h"

namespace tidegate {

/// The Elasticsearch sink, as the registry knows it.
const OptionTable* elasticsearch_sink_options();
Result<std::unique_ptr<Sink>> make_elasticsearch_sink(const ConnectorContext& context, const std::any& options);
Status check_elasticsearch_sink_route(const std::any& options, const TopicFilter& route);
/// A status: "429".
std::optional<Settled> judge_elasticsearch_answer(const PeerAnswer& answer);
Result<Preview> preview_elasticsearch(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
