#pragma once

#include <cstddef>

/// The maxima that the AWS sinks share, each with its reason. Those of one service are beside it.
namespace tidegate::limits {

/// Bytes of an error's message that a reason quotes: a sentence. What follows in some is a copy of the request.
inline constexpr std::size_t kAwsMessageBytesMax = 256;
/// Longest error code that is taken for one; the longest of AWS have some 50 bytes.
inline constexpr std::size_t kAwsCodeBytesMax = 96;
/// Bytes of an answer that name the fates of 500 records, at some 600 bytes each when all have failed.
inline constexpr std::size_t kAwsBatchReplyBytesMax = 512u << 10;
/// Requests of one sink that may be open at once; each holds a connection and a body of up to a few MiB.
inline constexpr std::size_t kAwsInFlightMax = 64;
/// Longest group or deduplication id of SQS and SNS.
inline constexpr std::size_t kAwsTokenBytesMax = 128;
/// Attributes of one message of SQS or SNS; SQS takes no more.
inline constexpr std::size_t kAwsAttributesMax = 10;
/// Longest value of such an attribute: the whole message is no larger.
inline constexpr std::size_t kAwsAttributeValueBytesMax = 256u << 10;
/// Longest name of such an attribute.
inline constexpr std::size_t kAwsAttributeNameBytesMax = 256;

}  // namespace tidegate::limits
