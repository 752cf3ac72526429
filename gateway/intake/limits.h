#pragma once

#include <chrono>
#include <cstddef>

/// The maxima of taps, each with its reason.
namespace tidegate::limits {

/// A few people looking at once; each tap costs the path of the events a look per event.
inline constexpr std::size_t kTapsMax = 8;
/// Events and bytes that wait for the next poll: more than a person reads, little enough to make into text in a few
/// milliseconds on the network thread. One larger event is taken when nothing else waits.
inline constexpr std::size_t kTapEventsMax = 500;
inline constexpr std::size_t kTapBytesMax = 1u << 20;
/// Events, and bytes of their payloads, that a tap's pattern is tried on between two polls: what a pattern that seldom
/// matches may cost the path of the events, a few microseconds an event. One larger event is tried when it comes first.
inline constexpr std::size_t kTapLooksMax = 5000;
inline constexpr std::size_t kTapMatchBytesMax = 4u << 20;
/// A tap that nobody has polled for so long is closed: its client is gone.
inline constexpr std::chrono::seconds kTapExpiry{10};

}  // namespace tidegate::limits
