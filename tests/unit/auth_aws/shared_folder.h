#pragma once

#include <cstdlib>
#include <filesystem>

namespace tidegate::test {

/// What lies beside the source tree for tests to use where it is there: TIDEGATE_SHARED, or ../shared.
inline std::filesystem::path shared_folder() {
  const char* named = std::getenv("TIDEGATE_SHARED");
  return named != nullptr ? std::filesystem::path(named) : std::filesystem::path(TIDEGATE_SOURCE_DIR) / ".." / "shared";
}

}  // namespace tidegate::test
