#pragma once

#include <cstdlib>
#include <filesystem>

namespace tidegate::test {

/// Where specification data lies beside the source tree (or where TIDEGATE_SHARED says); empty when it is not there.
inline std::filesystem::path shared_data(const std::filesystem::path& source_tree) {
  const char* named = std::getenv("TIDEGATE_SHARED");
  const std::filesystem::path root = named != nullptr ? named : source_tree / ".." / "shared";
  return std::filesystem::exists(root / "data") ? root / "data" : std::filesystem::path();
}

}  // namespace tidegate::test
