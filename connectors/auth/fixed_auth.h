#pragma once

#include <string>

#include "connectors/auth/auth.h"
#include "connectors/auth/options.h"

namespace tidegate::auth {

/// A credential that stands in every request as it is: none, basic (RFC 7617), bearer (RFC 6750), or a header.
class FixedAuth final : public Auth {
 public:
  explicit FixedAuth(const AuthOptions& options) : options_(options) {}
  Status prove(http::Request& request, WallTime now) override;
  bool renew() override;
  void redact(std::string& text) const override;

 private:
  AuthOptions options_;
};

}  // namespace tidegate::auth
