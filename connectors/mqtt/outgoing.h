#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "connectors/mqtt/codec.h"
#include "connectors/mqtt/sink_options.h"

namespace tidegate::mqtt {

/// What one PUBLISH carries. The properties are for MQTT 5 and empty in 3.1.1.
struct Outgoing {
  std::string topic;
  std::string_view payload;  ///< the event's, or `written`
  std::string written;
  std::string content_type;
  bool utf8 = false;  ///< the payload is UTF-8 text: Payload Format Indicator 1
  std::optional<std::uint32_t> expiry_s;
  std::vector<std::pair<std::string, std::string>> user_properties;

  /// Bytes of the packet at QoS 1 or 2. *Source*: MQTT 5, section 3.3.
  [[nodiscard]] std::size_t packet_bytes() const noexcept;
};

/// Turns events into messages as the options want it.
class MessageWriter {
 public:
  /// The options outlive it.
  MessageWriter(const SinkOptions& options, std::string gateway_id);

  /// Fills `out` from the event, which lives as long as `out` is used. *Errors*: invalid, when the event cannot be
  /// published as it is: no topic, or an attribute that does not fit MQTT.
  Status write(const OutEvent& event, Version version, Outgoing& out) const;

 private:
  Status write_topic(const OutEvent& event, Outgoing& out) const;
  void write_attributes(const Event& event, Outgoing& out) const;
  void write_binary_mode(const Event& event, Outgoing& out) const;
  void write_hops(const Event& event, Outgoing& out) const;

  const SinkOptions& options_;
  const std::string gateway_id_;
};

}  // namespace tidegate::mqtt
