#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "connectors/compression/compressor.h"
#include "connectors/lines/options.h"
#include "gateway/base/result.h"

namespace tidegate::file {

/// What a file holds that was written before.
struct Found {
  std::uint64_t whole_bytes = 0;  ///< up to the last line, member or frame that is whole
  std::string head;               ///< how its text begins
};

/// Reads a file of `bytes` bytes. Of lines of JSON little more than the last limits::kTornBytesMax bytes are looked
/// at, of others all. `head_bytes`: how much of its text is wanted. *Blocks* on disk. *Errors*: io.
Result<Found> examine(int file, std::uint64_t bytes, Compression compression, lines::Format format,
                      std::size_t head_bytes);

}  // namespace tidegate::file
