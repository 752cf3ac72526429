#pragma once

#include <chrono>
#include <cstddef>

/// The maxima of the admin API, each with its reason.
namespace tidegate::limits {

/// A request carries at most a list of dead letter numbers: 64 KiB hold about 5,000 of them.
inline constexpr std::size_t kAdminRequestBytesMax = 64u << 10;
/// Request line and headers; browsers and curl need less than 2 KiB.
inline constexpr std::size_t kAdminHeaderBytesMax = 8u << 10;
/// An operator, a scraper and a probe or two; each open connection costs memory that the data path needs.
inline constexpr std::size_t kAdminConnectionsMax = 32;
/// From the end of one answer to the next request, and for reading or writing one message.
inline constexpr std::chrono::seconds kAdminConnectionTimeout{15};
/// Calls that wait for the disk, queued for the one thread that makes them.
inline constexpr std::size_t kAdminJobsMax = 16;
/// Dead letters of one page, and the bytes after which a page ends (one letter alone is always given).
inline constexpr std::size_t kDeadPageMax = 500;
inline constexpr std::size_t kDeadPageBytesMax = 1u << 20;
/// Dead letter numbers of one retry or drop call.
inline constexpr std::size_t kDeadNumbersMax = 5000;

}  // namespace tidegate::limits
