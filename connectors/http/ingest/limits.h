#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// The maxima of the http source, each with its reason.
namespace tidegate::limits {

/// Request line and headers. CloudEvents in binary mode may bring many attributes; browsers and curl need less than
/// 2 KiB. Also the size of a connection's read buffer, which holds one header whole.
inline constexpr std::size_t kIngestHeaderBytesMax = 32u << 10;
/// Header fields of one request.
inline constexpr std::size_t kIngestHeaderFieldsMax = 200;
/// Extensions of one chunk of a body: nobody is known to send any, and they are only read over.
inline constexpr std::size_t kIngestChunkExtensionBytesMax = 256;
/// TLS handshake, or the header from its first byte on.
inline constexpr std::chrono::seconds kIngestHeaderTime{10};
/// Silence between two requests of a connection that is kept.
inline constexpr std::chrono::seconds kIngestIdleTime{60};
/// A body has this long, and then a second more for every kIngestBytesPerSecondMin that have come; who is slower is cut
/// off. A GPRS link makes about twice that rate.
inline constexpr std::chrono::seconds kIngestBodyGrace{10};
inline constexpr std::size_t kIngestBytesPerSecondMin = 2048;
/// For an answer to be taken by the client.
inline constexpr std::chrono::seconds kIngestAnswerTime{30};
/// How long what a refused client still sends is read and thrown away, so that it gets to read the answer.
inline constexpr std::chrono::seconds kIngestLingerTime{2};
/// How often deadlines are looked at; they may pass by that much.
inline constexpr std::chrono::milliseconds kIngestTick{500};
/// How long stop() waits for receipts that are due.
inline constexpr std::chrono::milliseconds kIngestStopTime{800};
/// What Retry-After says, in seconds.
inline constexpr int kIngestRetryAfterSeconds = 2;
/// A body counts, beside its bytes, this much for every event in it: about what an event costs in memory.
inline constexpr std::size_t kIngestEventBytes = 512;
/// Longest id that `webhook-id` may give to events.
inline constexpr std::size_t kIngestWebhookIdBytesMax = 255;
/// Tokens and secrets of one source; every request may be compared with all of them.
inline constexpr std::size_t kIngestSecretsMax = 64;

}  // namespace tidegate::limits
