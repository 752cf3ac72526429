#pragma once

#include <string_view>

namespace tidegate {

/// Loads bytes as a file of cases and aborts when what comes out contradicts itself.
void load_any_cases(std::string_view bytes);

}  // namespace tidegate
