#pragma once

#include <string>

#include "connectors/auth/options.h"
#include "connectors/http/connection.h"
#include "gateway/config/option_table.h"

namespace tidegate::azure_event_grid {

/// The options of one Event Grid sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : http::ConnectionOptions {
  std::string endpoint;
  std::string namespace_topic;  ///< empty: the endpoint is a custom topic or a domain
  auth::AuthOptions auth;
};

const OptionTableOf<SinkOptions>& sink_table();

/// Where events are posted.
std::string publish_url(const SinkOptions& options);

}  // namespace tidegate::azure_event_grid
