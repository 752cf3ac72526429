#pragma once

#include <cstddef>
#include <type_traits>

#include "gateway/base/clock.h"
#include "gateway/transform/jq/limits.h"

namespace tidegate {

/// What a jq program may take for one event.
struct JqBounds {
  milliseconds time = limits::kJqEventTime;  ///< of the processor
  std::size_t memory_bytes = limits::kJqMemoryBytes;
  std::size_t outputs = limits::kJqOutputsMax;
  std::size_t output_bytes = limits::kJqOutputBytesMax;
};
static_assert(std::is_trivially_copyable_v<JqBounds>, "it is sent to the process as it is");

}  // namespace tidegate
