#pragma once

#include <chrono>
#include <cstddef>

#include "gateway/base/limits.h"

/// The loki sink's maxima, each with its reason.
namespace tidegate::loki::limits {

/// Lines of one request: what is refused costs little splitting.
inline constexpr std::size_t kBatchEventsMax = 5'000;
/// Payload bytes of one request: the largest event that exists always fits.
inline constexpr std::size_t kBatchBytesMax =
    tidegate::limits::kEventDataBytesMax + tidegate::limits::kTopicBytesMax + tidegate::limits::kEventAttributeBytesMax;
inline constexpr std::size_t kInFlightMax = 16;
/// Bytes of a request's body: the largest event, written as escapes of six bytes each, still fits.
inline constexpr std::size_t kBodyBytesMax = 64u << 20;
/// Labels of a stream that Loki takes as it comes.
inline constexpr std::size_t kLabelsMax = 15;
/// Longest value of a label that Loki takes as it comes.
inline constexpr std::size_t kLabelBytesMax = 2048;
/// Longest value of structured metadata: Loki takes 64 KiB of it in all.
inline constexpr std::size_t kMetadataBytesMax = 64u << 10;
/// Sets of labels that may be configured as the most: each is remembered.
inline constexpr std::size_t kStreamsMax = 100'000;
/// A stream that got nothing for so long makes room for another: Loki closes idle streams after half an hour.
inline constexpr std::chrono::minutes kStreamIdle{60};
/// How often room is looked for among the streams, all of which are looked at then.
inline constexpr std::chrono::seconds kSweepInterval{10};

}  // namespace tidegate::loki::limits
