#pragma once

#include "gateway/transform/jq/bounds.h"

namespace tidegate {

/// Takes everything from this process that a jq program does not need: memory past the bounds, files, directories,
/// sockets, other processes. What is open stays so. False, and the process must not run a program, when a bound cannot
/// be set.
bool confine(const JqBounds& bounds);

}  // namespace tidegate
