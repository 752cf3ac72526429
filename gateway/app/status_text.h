#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tidegate {

/// The answer of /v1/status for people: made for 80 columns.
std::string status_text(const nlohmann::json& status);

}  // namespace tidegate
