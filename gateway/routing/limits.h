#pragma once

#include <cstddef>

/// Every maximum of routing, each with its reason.
namespace tidegate::limits {

/// Levels of one topic filter. Bounds the depth of the route table's trie, and so the stack that matching takes.
inline constexpr std::size_t kFilterLevelsMax = 128;
/// Longest name of a capture: it becomes an attribute's and a template's name.
inline constexpr std::size_t kCaptureNameBytesMax = 64;

/// Nesting of one pattern, `$or` included. Bounds the stack that compiling takes; payloads that people name fields of
/// are rarely ten deep.
inline constexpr std::size_t kPatternDepthMax = 64;
/// Fields of one pattern, `$or` included. A pattern longer than this is a table, and belongs into a program.
inline constexpr std::size_t kPatternFieldsMax = 1000;
/// Values of one pattern, over all its fields and the lists in them. Enough for a list of device names; bounds what one
/// route adds to the matcher's index.
inline constexpr std::size_t kPatternValuesMax = 10'000;
/// Alternatives that the `$or`s of one pattern multiply to: ten `$or`s of two beside each other. Each is a rule of its
/// own to the matcher.
inline constexpr std::size_t kPatternWaysMax = 1024;
/// Conditions of one pattern summed over those alternatives: what they take of memory.
inline constexpr std::size_t kPatternWayConditionsMax = 16'384;
/// Longest text that a pattern compares with, and longest name of a field. Longer ones only cost memory in the index.
inline constexpr std::size_t kPatternTextBytesMax = 4096;
/// `*` in one wildcard. Matching takes the length of the value for each in the worst case.
inline constexpr std::size_t kPatternStarsMax = 32;
/// Choices of array elements that are tried for one pattern and event before the answer is no. Only events that name an
/// array twice (the same key again) come anywhere near: for those the question is as hard as satisfiability.
inline constexpr std::size_t kPatternChoicesMax = 100'000;
/// Values of an event, or elements of its arrays, for which a matcher keeps its memory to the next event. What more
/// took is given back: one long array must not make a small gateway large for good.
inline constexpr std::size_t kMatcherKeptMax = 4096;

}  // namespace tidegate::limits
