#pragma once

#include <string_view>

namespace tidegate {

/// Takes bytes as patterns, one a line, then an empty line, then a payload. Aborts when the matcher and the evaluator
/// do not agree which of the patterns hold, or when a pattern that does not hold has no reason.
void match_any_patterns(std::string_view bytes);

}  // namespace tidegate
