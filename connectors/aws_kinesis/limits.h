#pragma once

#include <cstddef>

/// What Kinesis Data Streams takes. *Source*: the Kinesis API reference, "PutRecords".
namespace tidegate::limits {

/// Records of a request.
inline constexpr std::size_t kKinesisBatchEventsMax = 500;
/// Bytes of a request, partition keys included, before base64. 5 MiB until October 2025.
inline constexpr std::size_t kKinesisBytesMax = 10u << 20;
/// Bytes of a record with its partition key, unless the stream's MaxRecordSizeInKiB says more.
inline constexpr std::size_t kKinesisRecordBytesMax = 1u << 20;
/// Most that a stream's MaxRecordSizeInKiB can say.
inline constexpr std::size_t kKinesisLargeRecordBytesMax = 10u << 20;
/// Longest partition key, in characters; bytes are never fewer.
inline constexpr std::size_t kKinesisKeyBytesMax = 256;

}  // namespace tidegate::limits
