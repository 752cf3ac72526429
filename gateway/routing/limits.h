#pragma once

#include <cstddef>

/// Every maximum of routing, each with its reason.
namespace tidegate::limits {

/// Levels of one topic filter. Bounds the depth of the route table's trie, and so the stack that matching takes.
inline constexpr std::size_t kFilterLevelsMax = 128;
/// Longest name of a capture: it becomes an attribute's and a template's name.
inline constexpr std::size_t kCaptureNameBytesMax = 64;

}  // namespace tidegate::limits
