#pragma once

#include <cstddef>

/// What SQS takes. *Source*: the SQS API reference, "SendMessageBatch", and the SQS developer guide, "Message quotas".
namespace tidegate::limits {

/// Entries of a batch.
inline constexpr std::size_t kSqsBatchEventsMax = 10;
/// Bytes of a batch, and of one message: bodies and attributes. 256 KiB until August 2025.
inline constexpr std::size_t kSqsBytesMax = 1u << 20;
/// Least that a queue's MaximumMessageSize can be.
inline constexpr std::size_t kSqsMessageBytesMin = 1024;
/// Longest delay of a message.
inline constexpr int kSqsDelaySecondsMax = 900;

}  // namespace tidegate::limits
