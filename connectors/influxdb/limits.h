#pragma once

#include <cstddef>

#include "gateway/base/limits.h"

/// The influxdb sink's maxima, each with its reason.
namespace tidegate::influxdb::limits {

/// Points of one request: what InfluxDB's own documentation advises as the most.
inline constexpr std::size_t kBatchEventsMax = 10'000;
/// Payload bytes of one request: the largest event that exists always fits.
inline constexpr std::size_t kBatchBytesMax =
    tidegate::limits::kEventDataBytesMax + tidegate::limits::kTopicBytesMax + tidegate::limits::kEventAttributeBytesMax;
/// Requests that may be open at once.
inline constexpr std::size_t kInFlightMax = 16;
/// Bytes of a request's body: below the max-body-size that InfluxDB 1 comes with, 25,000,000.
inline constexpr std::size_t kBodyBytesMax = 24'000'000;
/// Longest measurement, tag or name of a field: InfluxDB refuses series whose key is longer than this.
inline constexpr std::size_t kKeyBytesMax = 65'535;
/// Bytes of an answer that are read: InfluxDB 3 lists every line that it refuses, with the line.
inline constexpr std::size_t kReplyBytesMax = 4u << 20;

}  // namespace tidegate::influxdb::limits
