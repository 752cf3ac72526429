#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/base/clock.h"

/// Every maximum of trials (test cases, explanations, comparisons), each with its reason.
namespace tidegate::limits {

/// Largest file of cases: some thousand of them, and far below what the tree of a file may hold.
inline constexpr std::size_t kCaseFileBytesMax = 1u << 20;
/// Events of one case, repetitions included: a day of one sensor at one per second, held in memory.
inline constexpr std::uint64_t kCaseEventsMax = 100'000;
/// Payload of one case, repetitions included.
inline constexpr std::uint64_t kCaseBytesMax = 64u << 20;
/// Longest virtual time of a case.
inline constexpr milliseconds kCaseRunMax = std::chrono::hours{24 * 366};
/// Virtual time that a case without run_for may take after the last thing that it plans.
inline constexpr milliseconds kCaseSettlesWithin = std::chrono::hours{24};
/// Requests of one case: ends a case whose peer refuses for months.
inline constexpr std::uint64_t kCaseRequestsMax = 1'000'000;
/// Moments of one case at which something happens: ends a case that never comes to rest.
inline constexpr std::uint64_t kCaseStepsMax = 5'000'000;
/// Steps of one sink's script.
inline constexpr std::size_t kScriptStepsMax = 1000;
/// Deliveries that a failed case shows.
inline constexpr std::size_t kShownDeliveriesMax = 12;

}  // namespace tidegate::limits
