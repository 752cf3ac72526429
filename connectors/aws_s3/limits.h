#pragma once

#include <cstddef>

#include "connectors/http/limits.h"
#include "gateway/base/clock.h"
#include "gateway/delivery/limits.h"

/// Every maximum of the S3 sink that is not an option, each with its reason.
namespace tidegate::aws_s3::limits {

/// Of one batch, where an object is made of many: small next to a part, so that little memory is enough, and large
/// enough for a compressor to find what repeats.
inline constexpr std::size_t kBatchEventsMax = 2000;
inline constexpr std::size_t kBatchBytesMax = 1u << 20;
/// Of an object that is made of one batch: what the engine of HTTP sinks takes. It is written from memory.
inline constexpr std::size_t kObjectEventsMax = tidegate::limits::kHttpBatchEventsMax;
inline constexpr std::size_t kObjectBytesMax = tidegate::limits::kHttpBatchBytesMax;
/// Such objects on their way at once. Each is held whole, before and after compression.
inline constexpr std::size_t kInFlightMax = 8;
/// What a part of a multipart upload has at least, the last excepted (S3: "Multipart upload limits"). A part is made as
/// soon as it has that: it rests in memory until S3 has it.
inline constexpr std::size_t kPartBytesMin = 5u << 20;
/// Room for what a part has beyond that: the lines of the batch that fills it.
inline constexpr std::size_t kPartReserveBytes = 2u << 20;
/// Longest id of an upload and longest ETag that are believed; those of AWS have some 130 and 34 bytes.
inline constexpr std::size_t kUploadIdBytesMax = 1024;
inline constexpr std::size_t kETagBytesMax = 256;
/// Longest key of an object (S3: "Naming Amazon S3 objects").
inline constexpr std::size_t kKeyBytesMax = 1024;
/// What the sink adds to `key`: a slash, a time, a hash and the ending.
inline constexpr std::size_t kNameBytes = 80;
/// What a line has beside payload, subject and attributes: the other attributes of a CloudEvent, with their names.
inline constexpr std::size_t kLineOverheadBytes = 384;

/// Deliveries unless the config says otherwise. Each object costs a request, and programs that read an archive want few
/// and large ones; so an object waits for company longer than events do where they are wanted at once, and no more of
/// them are on their way than a lane's memory for events fills.
inline constexpr std::size_t kDefaultEvents = tidegate::limits::kGatheringEventsMax;
inline constexpr std::size_t kDefaultBytes = 64u << 20;
inline constexpr milliseconds kDefaultWait{60'000};
inline constexpr unsigned kDefaultInFlight = 2;

}  // namespace tidegate::aws_s3::limits
