#pragma once

#include <nlohmann/json_fwd.hpp>

#include "gateway/base/result.h"
#include "gateway/config/config.h"

namespace tidegate {

/// The answer of GET /v1/status: of the gateway that runs with this config, or else what its spool holds. *Blocks*.
Result<nlohmann::json> gateway_status(const Config& config);

}  // namespace tidegate
