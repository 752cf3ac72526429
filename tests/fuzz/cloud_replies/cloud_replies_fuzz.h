#pragma once

#include <string_view>

namespace tidegate::testing {

/// Takes the bytes for a status and the body of an answer of S3, Pub/Sub, Event Grid and Event Hubs, and aborts when a
/// verdict breaks a promise.
void judge_any_reply(std::string_view bytes);

}  // namespace tidegate::testing
