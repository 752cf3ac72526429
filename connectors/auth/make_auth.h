#pragma once

#include <memory>

#include "connectors/auth/auth.h"
#include "connectors/auth/options.h"
#include "connectors/http/connection.h"
#include "gateway/base/result.h"

namespace tidegate::auth {

/// Never null. `connection`: the sink's, for providers of credentials that are reached as the endpoint is.
/// *Errors*: invalid, when the options cannot work together; unavailable, when OpenSSL or libcurl cannot serve.
Result<std::unique_ptr<Auth>> make_auth(const AuthOptions& options, const http::ConnectionOptions& connection);

}  // namespace tidegate::auth
