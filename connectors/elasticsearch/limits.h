#pragma once

#include <cstddef>

#include "gateway/base/limits.h"

/// The elasticsearch sink's maxima, each with its reason.
namespace tidegate::elasticsearch::limits {

/// Documents of one request; the answer has an item for each. More gain nothing: Elasticsearch's own advice is to stay
/// near 10 MB.
inline constexpr std::size_t kBatchEventsMax = 5'000;
/// Payload bytes of one request: the largest event that exists always fits.
inline constexpr std::size_t kBatchBytesMax =
    tidegate::limits::kEventDataBytesMax + tidegate::limits::kTopicBytesMax + tidegate::limits::kEventAttributeBytesMax;
inline constexpr std::size_t kInFlightMax = 16;
/// Bytes of a request's body: below http.max_content_length as it comes, 100 MB.
inline constexpr std::size_t kBodyBytesMax = 90u << 20;
/// Longest _id that Elasticsearch takes.
inline constexpr std::size_t kIdBytesMax = 512;
/// Longest name of an index that Elasticsearch takes.
inline constexpr std::size_t kIndexBytesMax = 255;
/// Bytes of an answer that are read: an item that failed says why in about a kilobyte.
inline constexpr std::size_t kReplyBytesMax = 8u << 20;

}  // namespace tidegate::elasticsearch::limits
