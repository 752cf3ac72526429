#include "tests/support/process/gateway.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace tidegate::test {
namespace {

constexpr milliseconds kReadyLimit{30'000};
constexpr milliseconds kStopLimit{30'000};
constexpr milliseconds kCommandLimit{60'000};
constexpr int kAnswerSeconds = 10;

int connect_unix(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{kAnswerSeconds, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

HttpAnswer http_over_unix(const std::filesystem::path& socket, std::string_view method, std::string_view target,
                          std::string_view body) {
  const int fd = connect_unix(socket);
  if (fd < 0) return {};
  const std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      method, target, body.size(), body);
  std::string answer;
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char buffer[16384];
    for (ssize_t n = 0; (n = read(fd, buffer, sizeof buffer)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
  }
  close(fd);
  const auto space = answer.find(' ');
  const auto end = answer.find("\r\n\r\n");
  if (space == std::string::npos || end == std::string::npos) return {};
  return {std::atoi(answer.c_str() + space), answer.substr(end + 4)};
}

GatewayProcess::GatewayProcess(std::filesystem::path binary, std::filesystem::path dir)
    : binary_(std::move(binary)), dir_(std::move(dir)) {}

std::string GatewayProcess::preamble(std::string_view more) const {
  return fmt::format("gateway:\n  id: test-gateway\n  data_dir: {}\n  admin: {{ listen: \"unix:{}\" }}\n{}",
                     data_dir().string(), admin().string(), more);
}

Status GatewayProcess::start(const std::map<std::string, std::string>& env) {
  env_ = env;
  auto child = Process::spawn(
      {{binary_.string(), "run", "-c", config_path().string()}, env, dir_ / "tidegate.out", log_path(), true});
  if (!child) return child.error();
  process_.emplace(std::move(*child));
  return {};
}

Status GatewayProcess::start_ready(const std::map<std::string, std::string>& env) {
  if (auto started = start(env); !started) return started;
  if (wait_ready(within(kReadyLimit))) return {};
  return Error{ErrorCode::timeout, fmt::format("the gateway did not become ready:\n{}", log())};
}

bool GatewayProcess::wait_ready(Deadline deadline) {
  const bool answered = wait_until(deadline, [&] { return !running() || get("/readyz").status == 200; });
  return answered && running();
}

std::optional<int> GatewayProcess::stop() {
  if (!process_) return std::nullopt;
  process_->signal(SIGTERM);
  const auto status = process_->wait(within(kStopLimit));
  process_.reset();
  return status;
}

std::string GatewayProcess::state_of(const std::string& component) const {
  const auto status = nlohmann::json::parse(get("/v1/status").body, nullptr, false);
  if (status.is_discarded() || !status["health"].contains(component)) return {};
  return status["health"][component]["state"];
}

std::string GatewayProcess::detail_of(const std::string& component) const {
  const auto status = nlohmann::json::parse(get("/v1/status").body, nullptr, false);
  if (status.is_discarded() || !status["health"].contains(component)) return {};
  return status["health"][component]["detail"];
}

std::optional<std::uint64_t> GatewayProcess::books(const std::string& entry) const {
  const auto status = nlohmann::json::parse(get("/v1/status").body, nullptr, false);
  if (status.is_discarded()) return std::nullopt;
  std::uint64_t sum = 0;
  for (const auto& lane : status["lanes"]) sum += lane["ledger"][entry].get<std::uint64_t>();
  return sum;
}

Finished GatewayProcess::command(std::vector<std::string> words) const {
  words.insert(words.begin(), binary_.string());
  words.insert(words.end(), {"-c", config_path().string()});
  return run(std::move(words), within(kCommandLimit), env_);
}

}  // namespace tidegate::test
