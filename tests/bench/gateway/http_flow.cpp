#include "tests/bench/gateway/http_flow.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

#include "tests/support/process/marker.h"
#include "tests/support/receiver/test_certs.h"

namespace tidegate::bench {

namespace {

constexpr milliseconds kStartLimit{30'000};
constexpr milliseconds kFlowLimit{300'000};
constexpr int kAnswerLimitMs = 30'000;
constexpr std::string_view kTopic = "sensors/door";

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return socket;
  ::close(socket);
  return -1;
}

/// One thread that keeps a request open on each connection.
class Load {
 public:
  explicit Load(std::uint16_t port) {
    for (pollfd& connection : connections_) connection = {connect_to(port), POLLIN, 0};
  }
  ~Load() {
    for (const pollfd& connection : connections_) {
      if (connection.fd >= 0) ::close(connection.fd);
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  Status run(std::uint64_t bodies) {
    for (const pollfd& connection : connections_) {
      if (sent_ < bodies && !send(connection.fd)) return broken();
    }
    for (std::uint64_t answered = 0; answered < bodies;) {
      if (::poll(connections_.data(), connections_.size(), kAnswerLimitMs) <= 0) return broken();
      for (const pollfd& connection : connections_) {
        if (connection.revents == 0) continue;
        if (!take_answer(connection.fd)) return broken();
        ++answered;
        if (sent_ < bodies && !send(connection.fd)) return broken();
      }
    }
    return {};
  }

 private:
  static Error broken() { return {ErrorCode::unavailable, "the gateway did not answer every request with 202"}; }

  bool send(int socket) {
    body_.clear();
    for (std::size_t i = 0; i < kHttpBodyEvents; ++i) {
      test::append_payload(body_, {1, seq_++, 0}, kPayloadBytes);
      body_ += '\n';
    }
    request_ = fmt::format(
        "POST /v1/topics/{} HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{}",
        kTopic, body_.size(), body_);
    ++sent_;
    return ::send(socket, request_.data(), request_.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request_.size());
  }

  /// The ids end the answer.
  bool take_answer(int socket) {
    std::string answer;
    std::array<char, 16'384> bytes{};
    while (!answer.ends_with("]}\n")) {
      const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), 0);
      if (got <= 0) return false;
      answer.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return answer.starts_with("HTTP/1.1 202");
  }

  std::array<pollfd, kHttpConnections> connections_{};
  std::string body_, request_;
  std::uint64_t seq_ = 0, sent_ = 0;
};

std::string config(const test::GatewayProcess& gateway, std::uint16_t port, const test::ReceiverProcess& receiver,
                   const std::filesystem::path& ca) {
  return gateway.preamble() + fmt::format(R"(sources:
  door:
    type: http
    listen: 127.0.0.1:{}
sinks:
  cloud:
    type: http
    url: {}
    tls: {{ ca_file: {} }}
    batch: {{ max_events: 500, max_wait: 200ms }}
routes:
  all:
    to: cloud
)",
                                          port, receiver.url(), ca.string());
}

}  // namespace

Result<Flow> measure_http_ingest(const std::filesystem::path& bin, std::uint64_t count) {
  const test::TempDir dir;
  const auto certs = testing::make_test_certs(dir / "certs");
  if (!certs) return certs.error();
  test::ReceiverProcess receiver(bin / "test_receiver", dir.path(), certs->server_cert, certs->server_key, false);
  if (auto up = receiver.start(); !up) return up.error();
  test::GatewayProcess gateway(bin / "tidegate", dir.path());
  const std::uint16_t port = test::free_port();
  gateway.configure(config(gateway, port, receiver, certs->ca_cert));
  if (auto up = gateway.start_ready(); !up) return up.error();
  if (!test::wait_until(test::within(kStartLimit), [&] { return test::accepts_connections(port); }))
    return Error{ErrorCode::timeout, "the gateway does not listen:\n" + gateway.log()};

  const std::uint64_t bodies = (count + kHttpBodyEvents - 1) / kHttpBodyEvents;
  const auto events = static_cast<double>(bodies * kHttpBodyEvents);
  Load load(port);
  const test::Usage before = test::usage_of(gateway.pid());
  const auto from = std::chrono::steady_clock::now();
  if (auto done = load.run(bodies); !done) return done.error();
  const bool delivered = test::wait_until(test::within(kFlowLimit), [&] {
    return !gateway.running() || gateway.books("delivered").value_or(0) >= bodies * kHttpBodyEvents;
  });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - from;
  if (!delivered || !gateway.running())
    return Error{ErrorCode::timeout, "not everything was delivered:\n" + gateway.log()};
  const test::Usage after = test::usage_of(gateway.pid());
  return flow_of(events, seconds.count(), static_cast<double>(kTopic.size() + kPayloadBytes), before, after);
}

}  // namespace tidegate::bench
