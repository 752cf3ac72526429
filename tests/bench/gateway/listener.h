#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "tests/bench/gateway/rig.h"

namespace tidegate::bench {

inline constexpr std::uint32_t kListenerPublishers = 4;
inline constexpr std::uint32_t kIdleConnections = 5000;

/// `count` events at QoS 1, from several publishers that connect to the gateway itself, on to the receiver, or to the
/// peer of `sink`: YAML, indented by four.
Result<Flow> measure_listener(const std::filesystem::path& bin, std::uint64_t count, std::string_view sink = {});

/// KiB of memory that the gateway takes for each of so many clients that are connected and say nothing.
Result<double> measure_idle_connections(const std::filesystem::path& bin, std::uint32_t connections);

}  // namespace tidegate::bench
