#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/base/result.h"

namespace tidegate::testing {

/// Where a throw-away set of certificates lies, PEM files.
struct TestCerts {
  std::filesystem::path ca_cert;
  std::filesystem::path server_cert, server_key;
  std::filesystem::path client_cert, client_key;  ///< common name "tidegate-test-client"
};

/// Makes a new authority (P-256, valid from yesterday for ten years) and a server and a client certificate signed by
/// it, and writes them into `directory`, which is created when missing. `server_names` is the server's subjectAltName.
/// Two calls give two authorities that do not trust each other.
Result<TestCerts> make_test_certs(const std::filesystem::path& directory,
                                  const std::string& server_names = "DNS:localhost,IP:127.0.0.1,IP:::1");

}  // namespace tidegate::testing
