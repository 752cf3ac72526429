#pragma once

#include <string>

#include "connectors/mqtt/options.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace tidegate::mqtt {

/// Connects as `client_id` with a clean session, waits until the broker accepts, and says goodbye: nothing is
/// subscribed and nothing stays at the broker. Falls back to MQTT 3.1.1 as a source does. *Blocks* until the deadline.
Status probe_broker(const SourceOptions& options, const std::string& client_id, const Clock& clock, Deadline deadline);

}  // namespace tidegate::mqtt
