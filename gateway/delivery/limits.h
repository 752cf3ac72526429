#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/base/clock.h"

/// Every maximum of delivery that is not in the config, each with its reason.
namespace tidegate::limits {

/// Batches' worth of events a lane holds per batch in flight: one on its way, one ready to follow.
inline constexpr std::size_t kWindowBatches = 2;
/// Least number of events a lane may hold: with small batches there must still be many keys to choose from.
inline constexpr std::size_t kWindowEventsMin = 256;
/// Memory of the events one lane holds: a fraction of what the whole gateway may use (one larger event is always
/// taken).
inline constexpr std::size_t kWindowBytesMax = 8u << 20;
/// Memory that an event takes besides its payload: strings, slot, key; measured with 200-byte events.
inline constexpr std::size_t kEventOverheadBytes = 640;
/// How far a lane reads on past an event that is not settled, in windows: bounds what the spool must remember of the
/// events settled out of order.
inline constexpr std::size_t kWindowSpan = 4;
/// Events of one read: bounds how long the lane is away from its sink.
inline constexpr std::size_t kReadEventsMax = 1024;
/// Memory of the deferred events of one lane; past it nothing more is deferred and the lane stops reading ahead.
inline constexpr std::size_t kDeferredBytesMax = 8u << 20;

/// Events that a sink may hold before they are delivered together: their positions are remembered until then.
inline constexpr std::size_t kGatheringEventsMax = 1'000'000;
/// How often a lane whose sink holds events looks whether the spool is full; nobody tells it.
inline constexpr milliseconds kGatheringLookInterval{1000};

/// Settlements on their way to the disk: one being synced, one queued behind it; more would say the same in more rows.
inline constexpr std::size_t kSettlementsOpenMax = 2;
/// Between settlements that only move the cursor past events of other lanes: nothing hurries, flash wears.
inline constexpr milliseconds kCursorInterval{1000};
/// An idle lane looks at the log this often, so that its cursor follows events that it does not want.
inline constexpr milliseconds kIdleInterval{10'000};
/// After a read of the spool failed, and between looks for dead letters that were given back.
inline constexpr milliseconds kSpoolRetryInterval{1000};

/// Breaker intervals between probes of a lane that is paused for a refused credential.
inline constexpr int kPausedProbeIntervals = 6;
/// How long a connect may take before it counts as failed.
inline constexpr milliseconds kConnectTimeout{10'000};
/// A worker this late to be back from its sink or the spool is reported as stuck: far beyond what a busy machine
/// explains.
inline constexpr milliseconds kStuckAfter{30'000};
/// Failures of a batch, while its neighbours are delivered, after which it is split to find the event that fails.
inline constexpr std::uint32_t kSplitAttempts = 3;
/// Delivered batches after which a batch size that the peer found too large is tried again, doubled.
inline constexpr std::uint32_t kSizeRecoveryBatches = 1000;

}  // namespace tidegate::limits
