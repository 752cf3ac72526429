#pragma once

#include <cstdint>
#include <filesystem>

#include "tests/bench/gateway/rig.h"

namespace tidegate::bench {

inline constexpr std::size_t kHttpBodyEvents = 100;
inline constexpr std::size_t kHttpConnections = 8;

/// Programs that post NDJSON bodies of kHttpBodyEvents over kHttpConnections, each waiting for its 202, through the
/// gateway to the receiver. `count` is rounded up to whole bodies.
Result<Flow> measure_http_ingest(const std::filesystem::path& bin, std::uint64_t count);

}  // namespace tidegate::bench
