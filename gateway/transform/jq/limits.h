#pragma once

#include <cstddef>

#include "gateway/base/clock.h"
#include "gateway/base/limits.h"

/// Every maximum of jq programs, each with its reason.
namespace tidegate::limits {

/// Longest program. A page of jq is 2 KiB; more than this belongs into a program of its own.
inline constexpr std::size_t kJqProgramBytesMax = 64u << 10;
/// Processor time that one event may take. A shaping program takes some 10 us; the lane waits meanwhile. Processor time
/// and not time of day: a busy machine must not make dead letters.
inline constexpr milliseconds kJqEventTime{1'000};
/// Processor time that compiling may take: libjq's own definitions take 20 ms, on a small ARM board ten times that.
inline constexpr milliseconds kJqCompileTime{5'000};
/// Memory of a program's process. The largest payload becomes up to eight times its size in libjq, three MiB are
/// libjq's own.
inline constexpr std::size_t kJqMemoryBytes = 256u << 20;
/// Stack of a program's process, libjq's recursion over deep values included.
inline constexpr std::size_t kJqStackBytes = 8u << 20;
/// Events that one event may become. A batch of readings has tens; more is a program that does not end.
inline constexpr std::size_t kJqOutputsMax = 1'000;
/// Bytes of all outputs of one event: together no more than the largest event.
inline constexpr std::size_t kJqOutputBytesMax = kEventDataBytesMax;
/// Longest message of a failure, cut there: it is kept with the dead letter and shown in tables.
inline constexpr std::size_t kJqMessageBytesMax = 500;

/// After this time a runner comes back with the answers it has, for the lane has other things to do too.
inline constexpr milliseconds kJqRunTime{2'000};
/// As kJqRunTime, in bytes of answers: what a program makes of a whole read must not fill the memory.
inline constexpr std::size_t kJqAnswersBytesMax = 16u << 20;
/// A process that says nothing for so long while it has work is ended: it was stopped, or the machine stands still.
/// Well below the 30 s after which a lane counts as stuck.
inline constexpr milliseconds kJqSilence{10'000};
/// Starts of one runner's process lie at least so far apart, so that a program that fails for every event cannot take
/// the machine by starting processes.
inline constexpr milliseconds kJqStartInterval{100};
/// How often a process may be ended from outside over one event. An admin does it once; what ends it again and again
/// is the system that runs out of memory over this event.
inline constexpr int kJqKillsMax = 3;

/// Bytes that are handed to the process at a time, and that it keeps before it answers: enough for some hundred events.
inline constexpr std::size_t kJqChunkBytes = 64u << 10;
/// How often a process looks whether its time is up.
inline constexpr milliseconds kJqTick{10};

}  // namespace tidegate::limits
