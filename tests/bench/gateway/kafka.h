#pragma once

#include <cstdint>
#include <filesystem>

#include "tests/bench/gateway/rig.h"

namespace tidegate::bench {

/// measure_listener() on to a mock cluster of three brokers in this process, which is asked for what it has in the end.
Result<Flow> measure_kafka(const std::filesystem::path& bin, std::uint64_t count);

}  // namespace tidegate::bench
