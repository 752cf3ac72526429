#pragma once

#include <string_view>

namespace tidegate {

/// Loads bytes as a config file and aborts when what comes out contradicts itself.
void load_any_bytes(std::string_view bytes);

}  // namespace tidegate
