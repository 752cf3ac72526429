#pragma once

#include <string_view>

namespace tidegate::auth {

/// Takes the bytes for a status and an answer of a token endpoint, and for a service account's key, and aborts when
/// what comes out breaks a promise.
void read_any_reply(std::string_view bytes);

}  // namespace tidegate::auth
