#pragma once

#include <any>
#include <memory>
#include <optional>

#include "connectors/connector.h"

namespace tidegate {

/// The InfluxDB sink, as the registry knows it.
const OptionTable* influxdb_sink_options();
Result<std::unique_ptr<Sink>> make_influxdb_sink(const ConnectorContext& context, const std::any& options);
Status check_influxdb_sink_route(const std::any& options, const TopicFilter& route);
/// A status: "400".
std::optional<Settled> judge_influxdb_answer(const PeerAnswer& answer);
Result<Preview> preview_influxdb(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
