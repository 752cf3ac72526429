#pragma once

#include <string_view>

namespace tidegate {

/// Reads the bytes as the answer of every kind of provider of AWS keys, as a file of profiles, and as a command line.
/// Aborts when what comes out could not stand in a header or has no reason.
void read_any_answer(std::string_view bytes);

}  // namespace tidegate
