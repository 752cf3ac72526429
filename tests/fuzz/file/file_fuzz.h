#pragma once

#include <string_view>

namespace tidegate::file {

/// Has a file of these bytes examined as one of every kind, and checks that what is left when it is cut is whole. The
/// process ends where that does not hold.
void examine_any(std::string_view bytes);

}  // namespace tidegate::file
