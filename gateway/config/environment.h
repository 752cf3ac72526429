#pragma once

#include "gateway/config/config.h"
#include "gateway/config/config_node.h"

namespace tidegate {

/// Replaces ${NAME} and ${NAME:-default} in every value (not in names); $${ stands for ${ itself, any other $ for
/// itself. Reports variables that are not set, and what looks like a reference but is none.
void expand_environment(ConfigNode& node, const Environment& environment, Diagnostics& diagnostics);

}  // namespace tidegate
