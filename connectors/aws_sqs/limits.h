#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// What SQS takes, and the maxima of the source. *Source*: the SQS API reference, "SendMessageBatch" and
/// "ReceiveMessage", and the SQS developer guide, "Message quotas".
namespace tidegate::limits {

/// Entries of a batch, whatever the batch does.
inline constexpr std::size_t kSqsBatchEventsMax = 10;
/// Bytes of a batch, and of one message: bodies and attributes. 256 KiB until August 2025.
inline constexpr std::size_t kSqsBytesMax = 1u << 20;
/// Least that a queue's MaximumMessageSize can be.
inline constexpr std::size_t kSqsMessageBytesMin = 1024;
/// Longest delay of a message.
inline constexpr int kSqsDelaySecondsMax = 900;
/// Longest poll.
inline constexpr std::chrono::seconds kSqsWaitMax{20};
/// Longest that a message may be kept from others.
inline constexpr std::chrono::hours kSqsVisibilityMax{12};

/// An answer with ten messages of full size, as a service may write it that escapes every character beyond ASCII.
inline constexpr std::size_t kSqsReceiveReplyBytesMax = 3 * kSqsBatchEventsMax * kSqsBytesMax + kSqsBytesMax;
/// Receives of one source that may be open at once; each holds a connection, and at times ten messages.
inline constexpr std::uint32_t kSqsReceiversMax = 16;
/// Messages that a source holds: received, and not yet deleted. Far more than a commit and a round trip take; when
/// deleting fails, this is where receiving ends.
inline constexpr std::size_t kSqsHeldMax = 1000;
/// Bytes of events that are handed over and wait for their receipt; past it nothing more is received.
inline constexpr std::size_t kSqsUnreceiptedBytesMax = 8u << 20;
/// Requests that delete, extend or give back, in flight at once.
inline constexpr std::size_t kSqsChangesInFlightMax = 4;
/// A refused message comes again after its visibility timeout; the alarm lasts this many of them, and no less than
/// kSqsRefusedAlarmMin.
inline constexpr int kSqsRefusedAlarmTimeouts = 2;
inline constexpr std::chrono::minutes kSqsRefusedAlarmMin{10};
/// Bytes of a message's id that a line shows; those of SQS have 36.
inline constexpr std::size_t kSqsIdBytesShown = 64;
/// Between two lines about messages that are refused.
inline constexpr std::chrono::minutes kSqsComplaintInterval{1};
/// How long stop() waits for receipts that are due, and then for what is deleted and given back.
inline constexpr std::chrono::milliseconds kSqsStopReceipts{500};
inline constexpr std::chrono::milliseconds kSqsStopGoodbye{400};

}  // namespace tidegate::limits
