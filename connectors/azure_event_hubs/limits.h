#pragma once

#include <cstddef>

/// What Event Hubs takes. *Source*: Microsoft, "Azure Event Hubs quotas and limits".
namespace tidegate::azure_event_hubs::limits {

/// Bytes of one publication, in the tiers above Basic.
inline constexpr std::size_t kRequestBytesMax = 1u << 20;
/// Events of one request; more of them would have no room.
inline constexpr std::size_t kRequestEventsMax = 10'000;
/// Longest partition key.
inline constexpr std::size_t kPartitionKeyBytesMax = 128;
/// Bytes of the name and value of a property; all properties of an event count towards the request.
inline constexpr std::size_t kPropertyBytesMax = 32u << 10;
/// Requests of one sink that may be open at once; each holds a connection and a body of 1 MiB.
inline constexpr std::size_t kInFlightMax = 64;
/// Bytes of the service's own words that a reason quotes.
inline constexpr std::size_t kWordsBytesMax = 256;

}  // namespace tidegate::azure_event_hubs::limits
