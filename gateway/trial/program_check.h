#pragma once

#include "gateway/config/config.h"
#include "gateway/config/diagnostics.h"

namespace tidegate {

/// Has jq compile the programs of the routes, and reports those that it does not take as errors. Warns when there can
/// be no jq process to ask. *Blocks* for some ten milliseconds a program.
void check_jq_programs(const Config& config, Diagnostics& diagnostics);

}  // namespace tidegate
