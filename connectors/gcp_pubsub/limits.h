#pragma once

#include <cstddef>

/// What Pub/Sub takes. *Source*: Google Cloud, "Pub/Sub quotas and limits", resource limits.
namespace tidegate::gcp_pubsub::limits {

/// Messages and bytes of one request, in the protocol's own encoding; JSON's base64 is not counted.
inline constexpr std::size_t kRequestMessagesMax = 1000;
inline constexpr std::size_t kRequestBytesMax = 10'000'000;
/// Of one message.
inline constexpr std::size_t kAttributesMax = 100;
inline constexpr std::size_t kAttributeNameBytesMax = 256;
inline constexpr std::size_t kAttributeValueBytesMax = 1024;
inline constexpr std::size_t kOrderingKeyBytesMax = 1024;
/// What a message or an attribute costs besides its texts: tags and lengths.
inline constexpr std::size_t kMessageOverheadBytes = 16;
inline constexpr std::size_t kAttributeOverheadBytes = 12;
/// Requests of one sink that may be open at once; each holds a connection and a body of up to 14 MiB.
inline constexpr std::size_t kInFlightMax = 16;

}  // namespace tidegate::gcp_pubsub::limits
