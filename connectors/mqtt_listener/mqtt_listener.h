#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

/// What the registry needs of the MQTT listener.
namespace tidegate {

/// The options of a source of type `mqtt_listener`; parses to mqtt_listener::ListenerOptions.
const OptionTable* mqtt_listener_options();

/// A source that MQTT clients connect to. `options` is what mqtt_listener_options() parsed.
Result<std::unique_ptr<Source>> make_mqtt_listener(const ConnectorContext& context, const std::any& options);

}  // namespace tidegate
