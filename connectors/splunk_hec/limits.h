#pragma once

#include <cstddef>

#include "gateway/base/limits.h"

/// The splunk_hec sink's maxima, each with its reason.
namespace tidegate::splunk_hec::limits {

/// Events of one request: what is refused costs little splitting.
inline constexpr std::size_t kBatchEventsMax = 5'000;
/// Payload bytes of one request: the largest event that exists always fits.
inline constexpr std::size_t kBatchBytesMax =
    tidegate::limits::kEventDataBytesMax + tidegate::limits::kTopicBytesMax + tidegate::limits::kEventAttributeBytesMax;
inline constexpr std::size_t kInFlightMax = 16;
/// Bytes of a request's body: far below the max_content_length that Splunk comes with, 838,860,800.
inline constexpr std::size_t kBodyBytesMax = 64u << 20;
/// Longest index, source, source type, host or indexed field.
inline constexpr std::size_t kFieldBytesMax = 4096;

}  // namespace tidegate::splunk_hec::limits
