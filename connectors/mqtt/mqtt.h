#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

/// What the registry needs of the MQTT connector.
namespace tidegate {

/// The options of a source of type `mqtt`; parses to mqtt::SourceOptions.
const OptionTable* mqtt_source_options();

/// A source that subscribes to one MQTT broker. `options` is what mqtt_source_options() parsed.
Result<std::unique_ptr<Source>> make_mqtt_source(const ConnectorContext& context, const std::any& options);

/// The options of a sink of type `mqtt`; parses to mqtt::SinkOptions.
const OptionTable* mqtt_sink_options();

/// A sink that publishes to one MQTT broker. `options` is what mqtt_sink_options() parsed.
Result<std::unique_ptr<Sink>> make_mqtt_sink(const ConnectorContext& context, const std::any& options);

/// *Errors*: invalid, when the sink's topic wants a name that the route does not capture.
Status check_mqtt_sink_route(const std::any& options, const TopicFilter& route);

/// A reason code of PUBACK or PUBREC: "0x97".
std::optional<Settled> judge_mqtt_answer(const PeerAnswer& answer);
/// The message of MQTT 5.
Result<Preview> preview_mqtt(const ConnectorContext& context, const std::any& options, const OutEvent& event);
/// What it subscribes to.
SourceScope mqtt_source_scope(const std::any& options, const std::string& name);

}  // namespace tidegate
