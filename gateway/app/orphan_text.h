#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tidegate {

/// The state of a lane that the config does not name: "orphaned", "dropping" or "adopted". `row` is one of the status's
/// lanes.
std::string orphan_state(const nlohmann::json& row);

/// For each orphan in the answer of /v1/status what waits in it, and the commands that decide about it, ready to be
/// pasted into a shell. Empty without orphans.
std::string orphan_text(const nlohmann::json& status, const std::filesystem::path& config_file);

}  // namespace tidegate
