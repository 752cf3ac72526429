#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/base/limits.h"

/// Every maximum of the MQTT listener that is not an option, each with its reason.
namespace tidegate::mqtt_listener::limits {

/// Largest packet that may be asked for: the largest payload, with room for topic and properties.
inline constexpr std::size_t kPacketBytesMax = tidegate::limits::kEventDataBytesMax + (256u << 10);

/// Largest CONNECT: a will and credentials of any length MQTT allows, and properties in reason. Whoever sends it is not
/// known yet.
inline constexpr std::size_t kConnectBytesMax = 256u << 10;

/// Longest client id and user name: both travel as attributes of every event.
inline constexpr std::size_t kNameBytesMax = 1024;

/// Bytes of one read, for all connections together, and so what a connection may bring in before it is the next one's
/// turn: several hundred small messages, so that they share one submission.
inline constexpr std::size_t kTurnBytes = 64u << 10;

/// A packet that has arrived in part may rest with this much per connection; more has to fit kAssemblyBytesMax.
inline constexpr std::size_t kPartialBytesFree = 4u << 10;

/// Room for the larger packets that have arrived in part, of all connections together: two of the largest at once.
inline constexpr std::size_t kAssemblyBytesMax = 2 * kPacketBytesMax;

/// How long a larger packet may take, and the slowest line that gets more time than that: its room is shared.
inline constexpr std::chrono::seconds kPacketTime{30};
inline constexpr std::size_t kPacketBytesPerSecondMin = 16u << 10;

/// Events of one submission: a fraction of a commit, so that one burst does not delay what waits behind it.
inline constexpr std::size_t kSubmissionEventsMax = 1024;

/// Bytes waiting to be sent to one client; past it the client is not read: who does not take answers gets no more work.
inline constexpr std::size_t kOutputBytesMax = 64u << 10;
/// How long a client may leave what is sent to it untaken.
inline constexpr std::chrono::seconds kWriteTimeout{30};

/// Topics behind the topic aliases of one connection: what an honest device needs, not 64 KiB for each alias.
inline constexpr std::size_t kAliasBytesMax = 16u << 10;

/// Messages at QoS 2 that are stored and not yet released, of all sessions together: each takes about 100 bytes.
inline constexpr std::size_t kOpenMessagesMax = 250'000;

/// Wills in memory, of all connections together, and of wills that wait for their delay.
inline constexpr std::size_t kWillBytesMax = 8u << 20;

/// Largest users_file: tens of thousands of users.
inline constexpr std::size_t kUsersFileBytesMax = 16u << 20;
/// Most iterations a password hash may have: it is computed on the network thread, where this many take about 10 ms.
inline constexpr std::uint32_t kPasswordRoundsMax = 10'000;
/// Iterations per second spent on passwords, right or wrong, of all clients together: at most about 5 % of the network
/// thread. Who comes when they are used up waits for an answer.
inline constexpr std::uint32_t kPasswordRoundsPerSecond = 50'000;

/// Log lines that clients can cause, in so many seconds: a client that misbehaves for ever must not fill the disk.
inline constexpr std::size_t kLogLines = 20;
inline constexpr std::chrono::seconds kLogInterval{10};

/// How exact keep alive and the other deadlines of clients are: one timer serves all connections.
inline constexpr std::chrono::milliseconds kSweepStep{250};

/// How long stop() waits for receipts that are due before it says goodbye, and for the goodbyes to leave.
inline constexpr std::chrono::milliseconds kStopReceipts{600};
inline constexpr std::chrono::milliseconds kStopGoodbye{300};

}  // namespace tidegate::mqtt_listener::limits
