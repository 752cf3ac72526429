#include "tests/unit/auth_aws/signing_server.h"

#include <filesystem>

#include "tests/unit/auth_aws/shared_folder.h"

namespace tidegate::test {

namespace {

using namespace std::chrono_literals;

std::filesystem::path script() { return shared_folder() / "data/sigv4/sigv4_server.js"; }

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

}  // namespace tidegate::test
