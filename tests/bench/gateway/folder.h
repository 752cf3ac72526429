#pragma once

#include <cstdint>
#include <filesystem>

#include "tests/bench/gateway/rig.h"

namespace tidegate::bench {

/// What one CSV file through the gateway showed.
struct FolderFlow {
  double stored_per_second = 0;  ///< rows, until the file is in done/
  Flow flow;                     ///< until the receiver has them all
};

inline constexpr std::size_t kRowBytes = 100;

/// One file of `rows` rows of 100 bytes, dropped into the folder of a gateway that delivers to the receiver.
Result<FolderFlow> measure_folder(const std::filesystem::path& bin, std::uint64_t rows);

}  // namespace tidegate::bench
