#pragma once

#include <chrono>
#include <cstddef>

#include "gateway/base/limits.h"

/// Every maximum of the Kafka sink that is not an option, each with its reason.
namespace tidegate::kafka::limits {

/// Events of one batch, and batches in flight. A batch is no request here: librdkafka makes requests of whatever waits
/// for a partition, so that batches only bound what is open at once.
inline constexpr std::size_t kBatchEventsMax = 10'000;
inline constexpr std::size_t kBatchesMax = 64;
/// Payload of one batch: the largest event, with its attributes and others beside it.
inline constexpr std::size_t kBatchBytesMax = 2 * tidegate::limits::kEventDataBytesMax;

/// Messages that librdkafka holds: what five requests of a few partitions carry. What is beyond waits in the lane's
/// memory, where it is counted.
inline constexpr std::size_t kMessagesOpenMax = 20'000;
/// Their bytes: a lane's whole window, and one largest event beside it.
inline constexpr std::size_t kMessageBytesOpenMax = 32u << 20;
/// Largest message that the option may allow: the largest event in Base64 with its attributes.
inline constexpr std::size_t kMessageBytesCeiling = 16u << 20;
/// Requests per broker that may be unanswered: the most at which the idempotent producer keeps the order.
inline constexpr int kRequestsInFlightMax = 5;
/// Bytes of a record batch (61) and of a record with its varints, as far as they are not key, value or headers.
/// *Source*: Kafka protocol, record batch format v2.
inline constexpr std::size_t kRecordOverheadBytes = 61 + 36;
/// The same for a header: two varints of at most five bytes.
inline constexpr std::size_t kHeaderOverheadBytes = 10;
/// Requests smaller than this are not halved any more after a broker found them too large: one message each.
inline constexpr std::size_t kRequestBytesMin = 1024;
/// Delivered messages after which a request size that was too large is tried again, doubled.
inline constexpr std::size_t kSizeRecoveryMessages = 100'000;

/// Topics that one producer has spoken to; beyond, it starts anew. Each costs librdkafka memory and metadata requests.
inline constexpr std::size_t kTopicsMax = 1000;
/// Length of a topic's name. *Source*: Apache Kafka, Topic.MAX_NAME_LENGTH.
inline constexpr std::size_t kTopicBytesMax = 249;
/// Length of a key: it decides on a partition, and is repeated with every message.
inline constexpr std::size_t kKeyBytesMax = 64u << 10;
/// Brokers to begin with; the cluster names the rest.
inline constexpr std::size_t kBrokersMax = 32;

/// Wait before a broker is tried again, from the first failure to the last.
inline constexpr std::chrono::milliseconds kReconnectMin{100};
inline constexpr std::chrono::milliseconds kReconnectMax{2000};
/// Wait before librdkafka repeats a request that a broker refused for now.
inline constexpr std::chrono::milliseconds kRetryPause{100};
/// Longest time between two looks at the cluster: Azure ends a connection that said nothing for four minutes.
inline constexpr std::chrono::milliseconds kMetadataInterval{180'000};
/// First pause between looks whether the cluster has answered, while a connection is made; doubled when it is there and
/// slow.
inline constexpr std::chrono::milliseconds kConnectSlice{100};
/// How long the brokers' threads may take to give back what they held when a producer is given up.
inline constexpr std::chrono::milliseconds kPurgePatience{1000};
/// Bytes of a broker's words that a reason quotes.
inline constexpr std::size_t kExcerptBytesMax = 512;
/// Length of the text that librdkafka writes errors into.
inline constexpr std::size_t kErrorTextBytes = 512;

}  // namespace tidegate::kafka::limits
