#pragma once

#include <string>

#include "gateway/admin/status.h"

namespace tidegate {

/// The report's books and states as Prometheus text: one series per source, lane and component.
std::string status_metrics_text(const StatusReport& report);

}  // namespace tidegate
