#pragma once

#include <cstddef>

/// What EventBridge takes. *Source*: the EventBridge API reference, "PutEvents", and the user guide, "Calculating
/// PutEvents event entry size".
namespace tidegate::limits {

/// Entries of a request.
inline constexpr std::size_t kEventBridgeBatchEventsMax = 10;
/// Bytes of a request as PutEvents counts them, and so of one event. 256 KiB until January 2026.
inline constexpr std::size_t kEventBridgeBytesMax = 1u << 20;
/// What PutEvents counts for a time.
inline constexpr std::size_t kEventBridgeTimeBytes = 14;
/// Longest source, detail type and trace header.
inline constexpr std::size_t kEventBridgeSourceBytesMax = 256;
inline constexpr std::size_t kEventBridgeDetailTypeBytesMax = 128;
inline constexpr std::size_t kEventBridgeTraceBytesMax = 500;
/// Longest resource, an ARN.
inline constexpr std::size_t kEventBridgeResourceBytesMax = 2048;
/// Longest name or ARN of a bus.
inline constexpr std::size_t kEventBridgeBusBytesMax = 1600;

}  // namespace tidegate::limits
