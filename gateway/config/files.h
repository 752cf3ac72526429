#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "gateway/base/result.h"

namespace tidegate {

/// The bytes of a regular file. *Errors*: io with the system's reason; invalid when it is larger than `bytes_max`.
/// The message goes on after the file's name. *Blocks* on disk.
Result<std::string> read_file_text(const std::filesystem::path& file, std::size_t bytes_max);

}  // namespace tidegate
