#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "connectors/mqtt/options.h"
#include "connectors/mqtt/topic_template.h"
#include "gateway/config/option_table.h"

namespace tidegate::mqtt {

/// What the payload of a PUBLISH is.
enum class SinkFormat : std::uint8_t {
  payload,             ///< the event's own
  cloudevents,         ///< CloudEvents 1.0 JSON
  cloudevents_binary,  ///< the event's own, its attributes as user properties (MQTT 5)
};

/// As the source's, but for the server's name: Paho checks the certificate against the host it connects to.
struct SinkTlsOptions {
  std::filesystem::path ca_file;
  std::filesystem::path cert_file;
  std::filesystem::path key_file;
  std::string alpn = "mqtt";
  bool insecure_skip_verify = false;
};

/// What a user can say about a sink of type `mqtt`. The initialisers are the defaults.
struct SinkOptions {
  BrokerAddress broker;
  std::string client_id;  ///< empty: "<gateway id>-<route>-<sink>"; {route} stands for the route's name
  std::optional<std::string> user;
  StoredSecret password;
  VersionChoice version = VersionChoice::automatic;
  std::optional<TopicTemplate> topic;  ///< none: the event's subject
  std::uint8_t qos = 1;
  bool retain = false;
  std::optional<std::chrono::seconds> expiry;
  SinkFormat format = SinkFormat::payload;
  bool attributes = true;
  std::map<std::string, std::string> user_properties;
  std::chrono::seconds keep_alive{60};
  milliseconds connect_timeout{10'000};
  milliseconds ack_timeout{30'000};
  SinkTlsOptions tls;
};

/// The options of a sink of type `mqtt`, besides those of delivery.
const OptionTableOf<SinkOptions>& sink_table();

/// *Errors*: invalid, when the topic wants a name that `route` does not capture.
Status check_sink_route(const SinkOptions& options, const TopicFilter& route);

}  // namespace tidegate::mqtt
