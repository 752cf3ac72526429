#pragma once

#include <gtest/gtest.h>

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

/// A test in front of such a server; skipped where there is none.
class SigningServerTest : public ::testing::Test {
 protected:
  void SetUp() override;

  /// The option `credentials` with the server's keys, or with another secret.
  [[nodiscard]] std::string credentials(const std::string& secret) const;
  [[nodiscard]] std::string credentials() const { return credentials(keys_.secret_access_key.reveal()); }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  /// The server's.
  const auth::AwsKeys keys_{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                            Secret("session/token==")};
  std::unique_ptr<SigningServer> server_;
};

}  // namespace tidegate::test
