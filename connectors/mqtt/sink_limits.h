#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/base/clock.h"
#include "gateway/base/limits.h"

/// Every maximum of the MQTT sink that is not an option, each with its reason.
namespace tidegate::mqtt::limits {

/// Events of one batch, and batches in flight: enough to keep kPublishesOpenMax publishes open however the config cuts
/// its batches.
inline constexpr std::size_t kPublishBatchEventsMax = 1000;
inline constexpr std::size_t kPublishBatchesMax = 16;
/// Publishes that the broker may owe an answer for; a broker may set a lower bound (MQTT 5). Paho looks through all of
/// them for a free packet id, so that more of them cost more than they bring.
inline constexpr std::size_t kPublishesOpenMax = 500;
/// Open publishes at QoS 2 in MQTT 3.1.1, where a broker cannot say how many it takes: mosquitto as shipped ends the
/// connection at its 20th.
inline constexpr std::size_t kQos2OpenMax311 = 10;
/// Payload of one batch: the largest event, with its attributes and others beside it.
inline constexpr std::size_t kPublishBatchBytesMax = 2 * tidegate::limits::kEventDataBytesMax;

/// Largest packet that the broker may send (MQTT 5): it has only acknowledgements to say.
inline constexpr std::uint32_t kInboundPacketBytesMax = 64u << 10;

/// Attempts to connect that are one for the lane: MQTT 5 twice, then MQTT 3.1.1 twice. Twice because Paho's "socket
/// error" was seen, under load, for a connection that never reached the broker.
inline constexpr int kDialsMax = 4;

/// Between the first sign that a connection has ended, which is a publish that Paho refuses or gives back, and Paho's
/// word on how it ended. It takes microseconds as a rule.
inline constexpr milliseconds kLossToldWithin{1000};

/// Length of one protocol name in ALPN (RFC 7301, section 3.1).
inline constexpr std::size_t kAlpnBytesMax = 255;

}  // namespace tidegate::mqtt::limits
