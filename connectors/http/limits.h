#pragma once

#include <chrono>
#include <cstddef>

#include "gateway/base/limits.h"

/// The HTTP sink's maxima, each with its reason.
namespace tidegate::limits {

/// Requests of one sink that may be open at once; each holds a connection (HTTP/1.1) and a body.
inline constexpr std::size_t kHttpInFlightMax = 64;
/// Events of one request. Receivers that take more exist, but one refused request then costs more splitting than it
/// saved.
inline constexpr std::size_t kHttpBatchEventsMax = 10'000;
/// Payload bytes of one request: the largest event that exists always fits.
inline constexpr std::size_t kHttpBatchBytesMax = kEventDataBytesMax + kTopicBytesMax + kEventAttributeBytesMax;
/// Bytes of a response body that are read; the connection of a peer that says more is closed.
inline constexpr std::size_t kHttpResponseBytesMax = 64u << 10;
/// Bytes of a response body that a reason quotes.
inline constexpr std::size_t kHttpExcerptBytesMax = 512;
/// A request body larger than this is freed when its request ends, so that one burst does not stay in memory.
inline constexpr std::size_t kHttpBodyBytesKept = 512u << 10;
/// An answer larger than this is freed likewise.
inline constexpr std::size_t kHttpReplyBytesKept = 16u << 10;
/// Read and write buffers of one connection; a TLS record holds 16 KiB.
inline constexpr long kHttpReceiveBytes = 4096;
inline constexpr long kHttpSendBytes = 32'768;
/// Redirects followed in a row, when they are followed at all.
inline constexpr long kHttpRedirectsMax = 3;
/// Longest Retry-After that is understood; beyond, a date or number is a mistake of the peer.
inline constexpr std::chrono::hours kHttpRetryAfterMax{24 * 366};
/// Longest event id that becomes an Idempotency-Key as it is; common receivers store up to 255 characters.
inline constexpr std::size_t kHttpIdempotencyKeyBytesMax = 255;
/// Shortest value of a configured header that may be a secret and is kept out of reasons; "gzip" is none.
inline constexpr std::size_t kHttpSecretBytesMin = 8;

}  // namespace tidegate::limits
