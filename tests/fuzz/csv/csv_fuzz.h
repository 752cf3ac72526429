#pragma once

#include <string_view>

namespace tidegate::directory {

/// Takes bytes as a dropped file. The first two bytes choose the format and its options; the rest is read in pieces of
/// several sizes. Aborts when a row is no JSON, when the pieces make a difference, or when reading goes on elsewhere
/// than behind the last row.
void read_any_file(std::string_view bytes);

}  // namespace tidegate::directory
