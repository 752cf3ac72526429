#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "connectors/connector.h"
#include "connectors/http/judge.h"
#include "gateway/base/result.h"

/// What Pub/Sub answers. *Source*: Google Cloud, "Pub/Sub REST API", projects.topics.publish; google.rpc.Code.
namespace tidegate::gcp_pubsub {

/// What the answer to a publish means for its `events`, the `id` left open. A request is published whole or not at all.
Settled judge_publish(const http::Reply& reply, std::size_t events, WallTime now);

/// What the answer to testIamPermissions says. `topic`: its full name, for the message. *Errors*: refused, when
/// somebody must mend something; else unavailable.
Status judge_probe(const http::Reply& reply, std::string_view topic, WallTime now);

/// What Pub/Sub answers when it has published so many messages.
std::string taken_text(std::size_t events);

/// The HTTP status that Google gives with a code of google.rpc; 0: there is no such code.
long status_of(std::string_view code) noexcept;

}  // namespace tidegate::gcp_pubsub
