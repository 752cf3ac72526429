#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace tidegate {

/// One thing that happened, as it travels through the gateway. The names are those of CloudEvents 1.0.
struct Event {
  std::string id;       ///< UUIDv7 minted by the intake, or the producer's own CloudEvents id; never changes after that
  std::string source;   ///< URI-reference of the producer, by default "/<gateway id>/<source name>"
  std::string type;     ///< by default "tidegate.<connector>.message"
  std::string subject;  ///< the MQTT topic; also the default ordering key
  WallTime time{};      ///< when the gateway (or the producer) saw it, UTC
  std::string datacontenttype;  ///< media type of `data`; empty when the producer did not say
  std::string data;             ///< the payload, any bytes, at most limits::kEventDataBytesMax
  /// Everything else the producer or the connector said: user properties, "qos", "retained". Sorted by the sender's
  /// order.
  std::vector<std::pair<std::string, std::string>> attributes;

  friend bool operator==(const Event&, const Event&) = default;
};

/// Bytes of an event as a user counts them: subject, payload and attributes.
std::size_t payload_bytes(const Event& event) noexcept;

/// Checks an event against the limits of gateway/base/limits.h. *Errors*: invalid, naming the limit.
Status check_event(const Event& event);

}  // namespace tidegate
