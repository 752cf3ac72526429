#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/base/limits.h"

/// Every maximum of the directory source that is not an option, each with its reason.
namespace tidegate::directory::limits {

/// What is read from a file at once: large enough that the calls do not count, small enough for many sources.
inline constexpr std::size_t kReadBytes = 256u << 10;

/// Rows and payload bytes of one submission: a fraction of a commit, so that a large file does not delay what comes by
/// other doors.
inline constexpr std::size_t kSubmissionRowsMax = 1000;
inline constexpr std::size_t kSubmissionBytesMax = 256u << 10;

/// Submissions and payload bytes handed over and not yet answered by a receipt; past either nothing is read. The bytes
/// bound memory, the count lets many small files share a commit.
inline constexpr std::size_t kInFlightSubmissionsMax = 64;
inline constexpr std::size_t kInFlightBytesMax = 1u << 20;

/// Longest row that may be configured: a row is one event.
inline constexpr std::size_t kRowBytesMax = tidegate::limits::kEventDataBytesMax;
/// Columns of one row; the widest exports of ERP systems have several hundred.
inline constexpr std::size_t kColumnsMax = 4096;

/// Files of a folder that are known by name at a time, the oldest first; the folder is listed again for the rest.
inline constexpr std::size_t kListedFilesMax = 10'000;
/// Files whose reading has begun but that are gone: an unmounted folder looks empty, and comes back. Past it those that
/// were changed longest ago are forgotten.
inline constexpr std::size_t kRememberedFilesMax = 1000;
/// Names of links and special files that were logged already.
inline constexpr std::size_t kToldNamesMax = 1000;
/// Changes of the folder taken from the kernel at once; past it the folder is listed instead.
inline constexpr std::size_t kNotedNamesMax = 4096;

/// Faults that a `.reason` lists; past it they are counted. The rows themselves are all in `.rejected`.
inline constexpr std::size_t kListedFaultsMax = 1000;

/// Bytes at the start of a file, and before the place where reading goes on, by which a file is recognised.
inline constexpr std::size_t kFingerprintBytes = 4096;

/// Waits before a folder that can't be opened, or a file that can't be moved, is tried again.
inline constexpr std::chrono::milliseconds kRetryInitial{500};
inline constexpr std::chrono::milliseconds kRetryMax{30'000};
/// How often the state tells the progress inside a file.
inline constexpr std::chrono::milliseconds kProgressInterval{1000};
/// How long stop() waits for receipts that are due.
inline constexpr std::chrono::milliseconds kStopReceipts{600};

}  // namespace tidegate::directory::limits
