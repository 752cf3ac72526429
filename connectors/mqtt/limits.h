#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/base/limits.h"

/// Every maximum of the MQTT source that is not an option, each with its reason.
namespace tidegate::mqtt::limits {

/// Largest packet taken: the largest payload, with room for topic and properties. Announced to MQTT 5 brokers.
inline constexpr std::size_t kPacketBytesMax = tidegate::limits::kEventDataBytesMax + (256u << 10);

/// Space for one read from the socket: several hundred small messages, so that they share one commit.
inline constexpr std::size_t kReadBytes = 64u << 10;

/// Memory of events handed over and not yet answered by a receipt; past it the socket is not read. Bounds what a flood
/// at QoS 0, or many large messages within the receive maximum, can pin.
inline constexpr std::size_t kUnreceiptedBytesMax = 2u << 20;

/// Events of one submission: a fraction of a commit, so that one burst does not delay what waits behind it.
inline constexpr std::size_t kSubmissionEventsMax = 1024;

/// Bytes waiting to be sent; past it the socket is not read. A broker that does not take our acks gets no more work.
inline constexpr std::size_t kOutputBytesMax = 256u << 10;

/// PUBACKs whose arrival the broker has not shown yet; past it a PINGREQ asks. Bounds the journal of redeliveries.
inline constexpr std::size_t kUnprovenAcksMax = 1000;

/// How long a broker may take for CONNACK, SUBACK and PINGRESP.
inline constexpr std::chrono::seconds kAnswerTimeout{10};

/// How long a connection has to last before the backoff starts again from its first step: two clients that take each
/// other's session over must not do it at full speed.
inline constexpr std::chrono::seconds kSettledAfter{10};

/// How long stop() waits for receipts that are due before it says goodbye, and for the goodbye to leave.
inline constexpr std::chrono::milliseconds kStopReceipts{600};
inline constexpr std::chrono::milliseconds kStopGoodbye{300};

}  // namespace tidegate::mqtt::limits
