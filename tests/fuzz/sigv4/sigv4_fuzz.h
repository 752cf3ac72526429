#pragma once

#include <string_view>

namespace tidegate {

/// The first line is a path with its query, the following ones are headers. Aborts when the canonical forms contradict
/// themselves or a signature depends on what it must not.
void sign_any_request(std::string_view bytes);

}  // namespace tidegate
