#pragma once

#include <cstddef>
#include <cstdint>

/// Every maximum that is not in the config, each with its reason.
namespace tidegate::limits {

/// Largest payload of one event. Bounds what one message can pin in memory and in one HTTP body.
inline constexpr std::size_t kEventDataBytesMax = 8u << 20;
/// Longest topic: MQTT strings carry a two-byte length (MQTT 5, section 1.5.4).
inline constexpr std::size_t kTopicBytesMax = 65535;
/// Attributes of one event; a sane producer sends a handful, and each is copied per event.
inline constexpr std::size_t kEventAttributesMax = 64;
/// Bytes of all attribute names and values of one event; bounds HTTP header and record sizes.
inline constexpr std::size_t kEventAttributeBytesMax = 64u << 10;

/// Lanes of one gateway. Each is a thread; beyond this a site wants a broker behind the gateway instead.
inline constexpr std::size_t kLanesMax = 256;

/// Events that one commit takes: bounds its latency and the memory of its block.
inline constexpr std::size_t kCommitEventsMax = 4096;
/// Bytes that one commit takes (one oversized event alone is always taken).
inline constexpr std::size_t kCommitBytesMax = 4u << 20;
/// Bytes admitted but not yet committed: past the high mark sources pause, below the low mark they resume.
inline constexpr std::size_t kUncommittedBytesHigh = 16u << 20;
inline constexpr std::size_t kUncommittedBytesLow = 4u << 20;

/// Events of one lane that may rest in `deferred`; past it the lane stops reading ahead.
inline constexpr std::size_t kDeferredEventsMax = 10000;

}  // namespace tidegate::limits
