#pragma once

#include "gateway/base/config_node.h"
#include "gateway/config/config.h"

namespace tidegate {

/// Replaces ${NAME} and ${NAME:-default} in every value (not in names); $${ stands for ${ itself, any other $ for
/// itself. Reports variables that are not set, and what looks like a reference but is none.
void expand_environment(ConfigNode& node, const Environment& environment, Diagnostics& diagnostics);

/// As expand_environment, for a whole config file: what a route transforms with is left as it is, because ${} means the
/// event there.
void expand_config(ConfigNode& root, const Environment& environment, Diagnostics& diagnostics);

}  // namespace tidegate
