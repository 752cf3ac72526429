#pragma once

#include <chrono>
#include <cstddef>

/// The program's own waits and maximums, each with its reason.
namespace tidegate::limits {

/// Between attempts to open a spool whose disk is full or failing, or to make a connector whose files are missing: a
/// person mends that, and it is soon enough for a person.
inline constexpr std::chrono::seconds kStartRetry{2};
/// What the end of a stop may take beyond gateway.shutdown_timeout (the last commit, on a slow disk) before the process
/// ends anyway. Everything acknowledged is on disk by then.
inline constexpr std::chrono::seconds kShutdownGrace{5};
/// How often the line in `systemctl status` is brought up to date when no watchdog asks more often.
inline constexpr std::chrono::seconds kServiceStatusInterval{10};
/// How long `tidegate check --connect` waits for one source or sink.
inline constexpr std::chrono::seconds kCheckConnect{10};
/// What `tidegate explain --events` reads at once, and about what it holds of its answers before it writes them.
inline constexpr std::size_t kExplainChunkBytes = 256u << 10;
/// Its longest line: an event of the largest size whose payload is written as \u escapes, and its attributes.
inline constexpr std::size_t kExplainLineBytesMax = 64u << 20;

/// Payload that `tidegate diff` reads at once.
inline constexpr std::size_t kDiffPageBytes = 4u << 20;
/// Events that it shows of each lane and direction: enough to see a pattern, few enough to read.
inline constexpr std::size_t kDiffExamplesMax = 3;

}  // namespace tidegate::limits
