#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidegate::bench {

/// One step alone, on sensor events of 600 bytes.
struct StepSpeed {
  std::string step;
  double events_per_second = 0;  ///< a thread
};

std::vector<StepSpeed> step_speeds(std::uint64_t events);

}  // namespace tidegate::bench
