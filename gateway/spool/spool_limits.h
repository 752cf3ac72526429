#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// The spool's own maximums and thresholds, each with its reason.
namespace tidegate::limits {

/// Uncompressed bytes of one block (one oversized event alone is always taken). Every lane that is reading keeps one
/// block in memory; bigger blocks compress little better.
inline constexpr std::size_t kBlockBytesMax = 256u << 10;
/// Events of one block: bounds the lane runs of a block of tiny events.
inline constexpr std::size_t kBlockEventsMax = 1024;

/// The write-ahead log is copied into the database when it passes this size. Larger means fewer copies of the pages
/// that every commit touches, and more of what was delivered meanwhile never being copied at all; smaller means a
/// shorter stall of the committer while it copies.
inline constexpr std::uint64_t kWalCheckpointBytes = 8u << 20;
/// Past this size (a long reader kept it from being reused) the write-ahead log is cut back as soon as that is
/// possible.
inline constexpr std::uint64_t kWalTruncateBytes = 64u << 20;
/// Page cache of the writing and of the reading connection, KiB. Blocks are written and read once; only the inner
/// pages of the tree are worth keeping.
inline constexpr int kWriteCacheKib = 512;
inline constexpr int kReadCacheKib = 128;

/// Disk set aside for settlements: released when the disk is full, so that the lanes can still drain the spool. On top
/// of it the reserve covers what copying the write-ahead log into the database can take, before the log is given back.
inline constexpr std::uint64_t kReserveBytes = 2u << 20;
/// A max_bytes below this leaves no room for the write-ahead log and the reserve.
inline constexpr std::uint64_t kMaxBytesMin = 4u << 20;

/// Blocks that one commit looks at (to remove them, or to skip them in a read): bounds its duration after a long
/// outage.
inline constexpr std::size_t kSweepBlocksPerCommit = 512;
inline constexpr std::size_t kReadHeadersMax = 4096;
/// Blocks that one commit of a backfill rewrites: bounds what the write-ahead log holds of them.
inline constexpr std::size_t kBackfillBlocksPerCommit = 64;

/// Events that one commit copies for a lane that adopts a backlog, and letters that one commit moves or removes: live
/// events wait that long for their receipts.
inline constexpr std::uint64_t kLeaveBytesPerCommit = 1u << 20;
inline constexpr std::size_t kLeaveRowsPerCommit = 256;

/// Bytes of a row that a salvage takes from raw pages: twice the largest event, with the block that it may follow and
/// the runs of all lanes. A length that damage made up must not take the memory of the machine.
inline constexpr std::uint64_t kScannedRowBytesMax = 16u << 20;

/// Waits between attempts to commit after an error: short enough to notice that a disk has room again.
inline constexpr std::chrono::milliseconds kRetryInitial{200};
inline constexpr std::chrono::milliseconds kRetryMax{10'000};

/// How often retention is checked while nothing else causes commits.
inline constexpr std::chrono::milliseconds kRetentionInterval{60'000};
/// Time for which the gateway was off that counts towards `retain`. A clock that is far ahead at start must not
/// empty the spool of retained events.
inline constexpr std::chrono::milliseconds kOffTimeCountedMax{24LL * 3600 * 1000};

/// Once max_bytes was reached, intake goes on when this share of it is used: not at every block that is removed.
inline constexpr std::uint64_t kResumePercent = 90;
/// Of max_bytes: what the write-ahead log, the reserve and one commit may take.
inline constexpr std::uint64_t kLogShare = 8;
inline constexpr std::uint64_t kReserveShare = 32;
inline constexpr std::uint64_t kCommitShare = 16;
/// A lane that happens to read keeps the write-ahead log from beginning anew, and it grows by as much again.
inline constexpr std::uint64_t kLogSlack = 2;
/// How small commits become while the disk is full.
inline constexpr std::uint64_t kCommitBytesMin = 64u << 10;
/// Pages that a commit touches besides those of its blocks.
inline constexpr std::uint64_t kCommitOverheadBytes = 64u << 10;

}  // namespace tidegate::limits
