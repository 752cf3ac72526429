#pragma once

#include "gateway/base/config_node.h"
#include "gateway/config/config.h"

namespace tidegate {

/// Replaces ${NAME} and ${NAME:-default} in every value (not in names); $${ stands for ${ itself, any other $ for
/// itself. Reports variables that are not set, and what looks like a reference but is none.
void expand_environment(ConfigNode& node, const Environment& environment, Diagnostics& diagnostics);

/// As expand_environment, for a whole config file: what a route transforms with, and options of sinks that events fill
/// (OptionDoc::filled_by_event), are left as they are, because ${} means the event there.
void expand_config(ConfigNode& root, const std::vector<ConnectorType>& types, const Environment& environment,
                   Diagnostics& diagnostics);

}  // namespace tidegate
