#pragma once

#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

/// Shared access signatures: a credential computed from a key, good for one resource until a moment.
namespace tidegate::auth {

/// Of Event Hubs and Service Bus; the value of Authorization. `resource` is the URL of the hub (or of its namespace),
/// `key` the policy's key as the portal shows it: it is used as text, not decoded.
/// *Source*: Microsoft, "Generate SAS token" of the Event Hubs REST API.
std::string event_hubs_signature(std::string_view resource, std::string_view key_name, std::string_view key,
                                 WallTime expires);

/// Of Event Grid; the value of the header aeg-sas-token. `resource` is the topic's URL, `key` its access key (base64).
/// *Source*: Microsoft, "Authenticate Azure Event Grid clients using access keys or shared access signatures".
/// *Errors*: invalid, when the key is not base64.
Result<std::string> event_grid_signature(std::string_view resource, std::string_view key, WallTime expires);

}  // namespace tidegate::auth
