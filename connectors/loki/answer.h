#pragma once

#include <optional>
#include <string_view>

#include "connectors/connector.h"
#include "connectors/http/service.h"

namespace tidegate::loki {

/// The time that a 400 names as the oldest that Loki takes. *Source*: Loki 2.9 and 3, "timestamp too old".
std::optional<WallTime> oldest_acceptable(std::string_view body);

/// What an answer means that refuses lines. Loki takes the others of the request, and the same line of the same time
/// twice as one.
Settled judge_refusal(const http::Reply& reply, http::Events events);

}  // namespace tidegate::loki
