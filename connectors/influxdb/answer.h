#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "connectors/http/service.h"

namespace tidegate::influxdb {

/// A line that InfluxDB refused.
struct RefusedLine {
  std::size_t number = 0;  ///< from 1
  std::string why;
};

/// What InfluxDB says when it does not take all points of a request.
struct Refusal {
  std::vector<RefusedLine> lines;      ///< those that it names
  std::optional<std::size_t> dropped;  ///< how many points, when it counts them
  bool others_taken = false;           ///< it says so
};

/// Reads the body of a 400 or 422. *Source*: InfluxDB 1.8 ("partial write: ... dropped=N"), 2.7 (`line`), 3 (`data`
/// with `line_number`).
Refusal read_refusal(std::string_view body);

/// What such an answer means for the events of its request, which are a line each.
Settled judge_refusal(const http::Reply& reply, http::Events events);

}  // namespace tidegate::influxdb
