#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "connectors/auth/options.h"
#include "connectors/fields/text.h"
#include "connectors/http/connection.h"
#include "gateway/config/option_table.h"

namespace tidegate::azure_event_hubs {

enum class Format : std::uint8_t { cloudevents, raw };

/// The options of one Event Hubs sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : http::ConnectionOptions {
  std::string endpoint;  ///< of the namespace
  std::string hub;
  Format format = Format::cloudevents;
  std::optional<fields::Text> partition_key;
  fields::TextMap properties;
  auth::AuthOptions auth;
};

const OptionTableOf<SinkOptions>& sink_table();

/// Where events are posted.
std::string publish_url(const SinkOptions& options);

}  // namespace tidegate::azure_event_hubs
