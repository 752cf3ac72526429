#pragma once

#include <cstdint>

#include "tests/bench/figures/figures.h"

namespace tidegate::bench {

/// Events a second on one thread, of each step alone, on sensor events of 600 bytes.
Figures step_speeds(std::uint64_t events);

}  // namespace tidegate::bench
