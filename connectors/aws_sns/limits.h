#pragma once

#include <cstddef>

/// What SNS takes. *Source*: the SNS API reference, "PublishBatch" and "Publish".
namespace tidegate::limits {

/// Entries of a batch.
inline constexpr std::size_t kSnsBatchEventsMax = 10;
/// Bytes of a batch, and so of one message: bodies and attributes, unless the topic's MaximumMessageSize says more.
inline constexpr std::size_t kSnsBytesMax = 256u << 10;
/// Most that a topic's MaximumMessageSize can say.
inline constexpr std::size_t kSnsLargeBytesMax = 1u << 20;
inline constexpr std::size_t kSnsMessageBytesMin = 1024;
/// Longest subject: fewer than 100 characters.
inline constexpr std::size_t kSnsSubjectBytesMax = 99;

}  // namespace tidegate::limits
