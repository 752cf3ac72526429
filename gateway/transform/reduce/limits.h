#pragma once

#include <cstddef>

/// Every maximum of reduction that is not in the config, each with its reason.
namespace tidegate::limits {

/// Keys that one step may be told to remember: each takes some 300 bytes of memory, and a row in the spool.
inline constexpr std::size_t kReduceKeysMax = 1'000'000;
/// Fields that make a key, or that a step looks at: each is looked for in every event.
inline constexpr std::size_t kReduceFieldsMax = 32;
/// Bytes of one field's value in a key; of a longer one the beginning and a hash stand for it.
inline constexpr std::size_t kReduceKeyValueBytesMax = 256;
/// Events that wait to be emitted before no more windows are ended by time: bounds one settlement. The rest end with
/// the next one.
inline constexpr std::size_t kReduceEmittedMax = 1000;
/// Events that are judged before what leaves of them is shaped. They are answered together, however long that takes: so
/// few at first, and again whenever the shaping took more than one call.
inline constexpr std::size_t kReduceChunkEventsFirst = 4;
inline constexpr std::size_t kReduceChunkEventsMax = 64;
/// A JSON parser that grew beyond this for one large payload is given back.
inline constexpr std::size_t kReduceParserBytesMax = 256u << 10;

}  // namespace tidegate::limits
