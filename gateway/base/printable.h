#pragma once

#include <string>
#include <string_view>

namespace tidegate {

/// Text from outside made safe for a terminal and for a log of lines: control characters become \xNN.
std::string printable(std::string_view text);

}  // namespace tidegate
