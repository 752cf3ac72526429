#pragma once

#include <cstddef>

/// What Event Grid takes. *Source*: Microsoft, "Azure Event Grid quotas and limits".
namespace tidegate::azure_event_grid::limits {

/// Bytes of one event, and of all events of a request with what stands between them.
inline constexpr std::size_t kRequestBytesMax = 1u << 20;
/// Events of one request. More of them would be smaller than a CloudEvent's attributes.
inline constexpr std::size_t kRequestEventsMax = 5000;
/// Requests of one sink that may be open at once; each holds a connection and a body of 1 MiB.
inline constexpr std::size_t kInFlightMax = 64;

}  // namespace tidegate::azure_event_grid::limits
