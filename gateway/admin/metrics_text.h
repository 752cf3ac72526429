#pragma once

#include <string>

#include "gateway/admin/status.h"

namespace tidegate {

/// What /metrics says beside the registry, as Prometheus text: the process, the spool's limits, what rests in the
/// lanes, and the state of every component.
std::string status_metrics_text(const StatusReport& report);

}  // namespace tidegate
