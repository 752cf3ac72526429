#include "tests/support/signing/signing_server.h"

#include <fmt/format.h>

#include <filesystem>

#include "tests/support/files/shared_data.h"

namespace tidegate::test {

namespace {

using namespace std::chrono_literals;

std::filesystem::path script() { return shared_data(TIDEGATE_SOURCE_DIR) / "sigv4/sigv4_server.js"; }

}  // namespace

std::string SigningServer::missing() {
  if (!std::filesystem::exists(script())) return "no sigv4_server.js beside the source tree";
  if (run({"node", "--version"}, within(20s)).status != 0) return "no node here";
  return {};
}

std::unique_ptr<SigningServer> SigningServer::start(const auth::AwsKeys& keys) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    const std::uint16_t port = free_port();
    Command command;
    command.argv = {"node",
                    script().string(),
                    std::to_string(port),
                    keys.access_key_id,
                    keys.secret_access_key.reveal(),
                    keys.session_token.reveal()};
    auto process = Process::spawn(command);
    if (!process) return nullptr;
    const bool up = wait_until(within(20s), [&] { return !process->running() || accepts_connections(port); });
    if (up && process->running()) {
      return std::unique_ptr<SigningServer>(new SigningServer(*std::move(process), port));
    }
  }
  return nullptr;
}

void SigningServerTest::SetUp() {
  if (const std::string missing = SigningServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
  server_ = SigningServer::start(keys_);
  ASSERT_TRUE(server_) << "the server did not start";
}

std::string SigningServerTest::credentials(const std::string& secret) const {
  return fmt::format("{{type: keys, access_key_id: {}, secret_access_key: '{}', session_token: '{}'}}",
                     keys_.access_key_id, secret, keys_.session_token.reveal());
}

}  // namespace tidegate::test
