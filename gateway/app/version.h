#pragma once

#include <string_view>

namespace tidegate {

/// "0.1.0": the project's version in CMakeLists.txt.
std::string_view version() noexcept;

}  // namespace tidegate
