#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/base/limits.h"

/// Every maximum of the file sink that is not an option, each with its reason.
namespace tidegate::file::limits {

/// Events and payload bytes of one batch: the largest event that exists always fits.
inline constexpr std::size_t kBatchEventsMax = 10'000;
inline constexpr std::size_t kBatchBytesMax =
    tidegate::limits::kEventDataBytesMax + tidegate::limits::kTopicBytesMax + tidegate::limits::kEventAttributeBytesMax;
/// Batches that may wait for the next sync: they share it.
inline constexpr std::size_t kBatchesMax = 16;
/// Lines that are written before a sync; past it no further batch joins. Bounds memory and the time without an answer.
inline constexpr std::size_t kRoundBytesMax = 4u << 20;

/// Files that are open at a time; past it the one that was used longest ago is closed, and opened again when needed.
/// Each holds a descriptor, and the program may have 1024.
inline constexpr std::size_t kOpenFilesMax = 128;

/// Longest name of a file or folder that is made: a file system takes 255 bytes, and a finished file's name grows.
inline constexpr std::size_t kNameBytesMax = 200;
/// Longest path below the folder; the kernel takes 4096 bytes as a whole.
inline constexpr std::size_t kPathBytesMax = 2048;
/// Folders in each other below the sink's own.
inline constexpr std::size_t kDepthMax = 32;

/// What can lie behind the last sync of a file: one round, whose last batch may be one event of the largest size that
/// is written as escapes of six bytes each. More than that was not torn by a power cut, and is not cut off.
inline constexpr std::uint64_t kTornBytesMax = 64u << 20;
/// What is read of a file at once when it is opened again.
inline constexpr std::size_t kReadBytes = 256u << 10;
/// Finished files of the same second; past it a name is looked for in the next one.
inline constexpr unsigned kSameNamesMax = 1000;

}  // namespace tidegate::file::limits
