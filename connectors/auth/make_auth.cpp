#include "connectors/auth/make_auth.h"

#include "connectors/auth/fixed_auth.h"

namespace tidegate::auth {

Result<std::unique_ptr<Auth>> make_auth(const AuthOptions& options) {
  return std::unique_ptr<Auth>(std::make_unique<FixedAuth>(options));
}

}  // namespace tidegate::auth
