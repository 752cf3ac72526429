#pragma once

#include <cstdint>
#include <filesystem>

#include "gateway/base/result.h"

namespace tidegate::bench {

inline constexpr std::size_t kArchivedPayloadBytes = 1024;

/// What a backlog through the S3 sink showed.
struct ObjectFlow {
  double mib_per_second = 0;  ///< of payload, while the backlog leaves
  double rss_peak_mib = 0;    ///< of the gateway, intake included
  double objects = 0;
};

/// A store that has no room until so many events of kArchivedPayloadBytes are in the spool, then takes them as objects,
/// compressed by zstd, with the sink's defaults but for `max_wait`, which only the last object would feel.
Result<ObjectFlow> measure_objects(const std::filesystem::path& bin, std::uint64_t events);

}  // namespace tidegate::bench
