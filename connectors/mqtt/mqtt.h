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

}  // namespace tidegate
