#pragma once

#include <string_view>

namespace tidegate::aws {

/// Takes the first byte for a status, the rest for the answer of any AWS service to a batch, and aborts when what comes
/// out breaks a promise.
void judge_any_reply(std::string_view bytes);

}  // namespace tidegate::aws
