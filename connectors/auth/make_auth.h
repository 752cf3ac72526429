#pragma once

#include <memory>

#include "connectors/auth/auth.h"
#include "connectors/auth/options.h"
#include "gateway/base/result.h"

namespace tidegate::auth {

/// Never null. *Errors*: invalid, when the options cannot work together.
Result<std::unique_ptr<Auth>> make_auth(const AuthOptions& options);

}  // namespace tidegate::auth
