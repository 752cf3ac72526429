#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "connectors/auth/options.h"
#include "connectors/fields/text.h"
#include "connectors/http/connection.h"
#include "gateway/config/option_table.h"

namespace tidegate::gcp_pubsub {

enum class Format : std::uint8_t { cloudevents_binary, cloudevents, raw };

/// The options of one Pub/Sub sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : http::ConnectionOptions {
  std::string project, topic;
  std::string endpoint = "https://pubsub.googleapis.com";
  Format format = Format::cloudevents_binary;
  std::optional<fields::Text> ordering_key;
  fields::TextMap attributes;
  auth::AuthOptions auth;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::gcp_pubsub
