#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// The maxima of replays, each with its reason.
namespace tidegate::limits {

/// Replays that are not finished; one thread takes them in turns. A person starts each.
inline constexpr std::size_t kReplaysMax = 8;
/// Finished ones whose report is kept, until a restart.
inline constexpr std::size_t kReplayReportsKept = 16;
/// Copies of one commit: live events wait so long for their receipts.
inline constexpr std::size_t kReplayCopiesPerCommit = 256;
inline constexpr std::size_t kReplayBytesPerCommit = 1u << 20;
/// What one read takes of the log: a few blocks in memory.
inline constexpr std::size_t kReplayPageBytes = 1u << 20;
/// Events that wait in a lane before copies for it do: live events queue behind them, a second's worth or less.
inline constexpr std::uint64_t kReplayPendingMax = 2000;
/// Between looks at whether a lane has caught up: with the number above 100,000 copies a second can go through.
inline constexpr std::chrono::milliseconds kReplayPoll{20};
/// Before trying again what found no room, or what could not be read.
inline constexpr std::chrono::milliseconds kReplayRetry{1000};
/// Copies a second that somebody may ask for.
inline constexpr std::uint64_t kReplayRateMax = 1'000'000;

}  // namespace tidegate::limits
