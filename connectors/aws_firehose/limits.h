#pragma once

#include <cstddef>

/// What Data Firehose takes. *Source*: the Firehose API reference, "PutRecordBatch".
namespace tidegate::limits {

/// Records of a request.
inline constexpr std::size_t kFirehoseBatchEventsMax = 500;
/// Bytes of a request, before base64.
inline constexpr std::size_t kFirehoseBytesMax = 4u << 20;
/// Bytes of a record, before base64.
inline constexpr std::size_t kFirehoseRecordBytesMax = 1000u << 10;

}  // namespace tidegate::limits
