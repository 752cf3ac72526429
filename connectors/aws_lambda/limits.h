#pragma once

#include <cstddef>

/// What Lambda takes. *Source*: the Lambda API reference, "Invoke".
namespace tidegate::limits {

/// Bytes of a payload that a function is waited for, and of one that is queued. The latter was 256 KiB until 2025.
inline constexpr std::size_t kLambdaSyncBytesMax = 6u << 20;
inline constexpr std::size_t kLambdaAsyncBytesMax = 1u << 20;
/// CloudEvents of one invocation: more than fit a function's time, and few enough to find a poisonous one in.
inline constexpr std::size_t kLambdaBatchEventsMax = 1000;
/// Longest name or ARN of a function, and longest qualifier.
inline constexpr std::size_t kLambdaFunctionBytesMax = 170;
inline constexpr std::size_t kLambdaQualifierBytesMax = 128;

}  // namespace tidegate::limits
