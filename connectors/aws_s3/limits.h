#pragma once

#include <cstddef>

#include "connectors/http/limits.h"
#include "gateway/base/clock.h"

/// Every maximum of the S3 sink that is not an option, each with its reason.
namespace tidegate::aws_s3::limits {

/// Events and payload bytes of one object: what the engine of HTTP sinks takes. An object is written from memory.
inline constexpr std::size_t kBatchEventsMax = tidegate::limits::kHttpBatchEventsMax;
inline constexpr std::size_t kBatchBytesMax = tidegate::limits::kHttpBatchBytesMax;
/// Objects on their way at once. Each is held whole, before and after compression.
inline constexpr std::size_t kInFlightMax = 8;
/// Longest key of an object (S3: "Naming Amazon S3 objects").
inline constexpr std::size_t kKeyBytesMax = 1024;
/// What the sink adds to `key`: a slash, a time, a hash and the ending.
inline constexpr std::size_t kNameBytes = 80;
/// What a line has beside payload, subject and attributes: the other attributes of a CloudEvent, with their names.
inline constexpr std::size_t kLineOverheadBytes = 384;

/// Deliveries unless the config says otherwise. Each object costs a request, and programs that read an archive want few
/// and large ones; so a batch waits for company longer than where events are wanted at once, and no more objects are
/// on their way than a lane's memory for events fills.
inline constexpr std::size_t kDefaultEvents = 10'000;
inline constexpr std::size_t kDefaultBytes = 3u << 20;
inline constexpr milliseconds kDefaultWait{60'000};
inline constexpr unsigned kDefaultInFlight = 2;

}  // namespace tidegate::aws_s3::limits
