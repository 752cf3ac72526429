#pragma once

#include <string>

#include "connectors/mqtt/properties.h"
#include "connectors/mqtt/reason.h"

namespace tidegate::mqtt {

/// What a broker gave as the reason, with its own words cut to what a log line can carry.
std::string explain(Reason reason, const Properties& properties);

}  // namespace tidegate::mqtt
