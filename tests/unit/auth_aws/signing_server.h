#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "connectors/auth/aws_sigv4.h"
#include "tests/support/process/process.h"

namespace tidegate::test {

/// A server in another language that computes the signature of each request on its own: 200, or 403 and why.
class SigningServer {
 public:
  /// What is not there for it; empty: it can start.
  static std::string missing();
  /// Null when it did not come up.
  static std::unique_ptr<SigningServer> start(const auth::AwsKeys& keys);
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  SigningServer(Process process, std::uint16_t port) : process_(std::move(process)), port_(port) {}
  Process process_;
  std::uint16_t port_;
};

}  // namespace tidegate::test
